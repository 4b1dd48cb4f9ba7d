import {describe, expect, it} from "vitest";
import type {Call} from "../api/client";
import {connection, instant, NOTHING, QUIET, STALE, take} from "./state";

const call = (id: string): Call => ({call_id: id}) as Call;

describe("the picture", () => {
  it("is a snapshot and what changes", () => {
    let seen = take(NOTHING, {kind: "snapshot", position: 5, calls: [call("a"), call("b")], health: {at: "1970-01-01T00:00:08Z", sent_at: "1970-01-01T00:00:10Z"}}, 4_000);
    expect([seen.position, seen.ahead, seen.epoch]).toEqual([5, 6_000, 1]);
    seen = take(seen, {kind: "call", position: 6, call: call("c")}, 0);
    seen = take(seen, {kind: "ended", position: 7, call: call("a")}, 0);
    seen = take(seen, {kind: "ended", position: 8, call: call("a")}, 0);
    seen = take(seen, {kind: "merged", position: 9, alias: "c", call_id: "b"}, 0);
    expect([...seen.calls.keys()]).toEqual(["b"]);
    expect(seen.ended.map((one) => one.call_id)).toEqual(["a"]);
    seen = take(seen, {kind: "snapshot", position: 20, calls: [], health: null}, 0);
    expect([seen.calls.size, seen.epoch, seen.ahead, seen.ended.length]).toEqual([0, 2, 6_000, 1]);
  });
});

describe("the connection", () => {
  it("is live, reconnecting, or stale since", () => {
    expect(connection(false, 0, 99)).toEqual({state: "connecting"});
    expect(connection(true, 1_000, 2_000)).toEqual({state: "live"});
    expect(connection(false, 1_000, 2_000)).toEqual({state: "reconnecting", since: 1_000});
    expect(connection(true, 1_000, 1_000 + QUIET)).toEqual({state: "reconnecting", since: 1_000});
    expect(connection(true, 1_000, 1_000 + STALE)).toEqual({state: "stale", since: 1_000});
  });
  it("an hour of sleep is stale, whatever the stream says", () => {
    const how = connection(true, 1_000, 3_601_000);
    expect(how).toEqual({state: "stale", since: 1_000});
    expect(instant(how, 3_601_000, 50)).toBe(1_050);
    expect(instant({state: "reconnecting", since: 1_000}, 5_000, 50)).toBe(5_050);
  });
});
