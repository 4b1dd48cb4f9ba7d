import {expect, it} from "vitest";
import {parse} from "./follow";

it("a stream is taken apart wherever it is cut", () => {
  const whole = 'event: snapshot\nid: 7\ndata: {"position":7,"health":null,"calls":[]}\n\nevent: call\nid: 8\ndata: {"call_id":"a"}\n\n'
    + 'event: merged\nid: 9\ndata: {"alias":"b","call_id":"a"}\n\n: comment\n\nevent: health\ndata: {"at":"x"}\n\nevent: closed\ndata: {"reason":"x"}\n\nevent: call\n';
  for (let cut = 0; cut <= whole.length; cut++) {
    const first = parse(whole.slice(0, cut)), second = parse(first.rest + whole.slice(cut));
    expect([...first.messages, ...second.messages].map((m) => m.kind)).toEqual(["snapshot", "call", "merged", "health"]);
    expect(second.rest).toBe("event: call\n");
  }
});
