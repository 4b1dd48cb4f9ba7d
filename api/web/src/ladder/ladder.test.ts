import {existsSync, readFileSync} from "node:fs";
import {describe, expect, it} from "vitest";
import {score} from "./layout";
import {read, type Document} from "./story";
import {stroke} from "./strokes";
import {APART, axis, FOLDED, LONG} from "./time";

const attended = JSON.parse(readFileSync("../http/endpoints/call.json", "utf-8")) as Document;

describe("time", () => {
  it("true is linear", () => {
    const one = axis([2, 5], 10, "true", 100, 200);
    expect([0, 2, 5, 10].map(one.place)).toEqual([100, 120, 150, 200]);
  });
  it("folded gives a long stretch little room, and shows no tick inside it", () => {
    const one = axis([10, 10 + LONG + 100], 20 + LONG + 100, "folded", 0, 660);
    const fold = one.stretches.find((s) => s.folded);
    expect(fold && fold.x2 - fold.x1).toBeCloseTo(660 * FOLDED / (20 + FOLDED));
    expect(one.ticks.every((t) => !fold || t.at <= fold.from + 0.5 || t.at >= fold.until - 0.5)).toBe(true);
    expect(axis([], LONG, "folded", 0, 100).stretches.some((s) => s.folded)).toBe(false);
  });
  it("between spaces changes evenly", () => {
    expect([0, 1, 50, 60].map(axis([1, 50], 60, "between", 0, 300).place)).toEqual([0, 100, 200, 300]);
  });
  it("ticks are whole seconds of the clock, and apart", () => {
    const {ticks} = axis([], 100, "true", 0, 900, 36_000.5);
    expect(ticks.length).toBeGreaterThan(3);
    for (const [n, tick] of ticks.entries()) {
      expect((tick.at + 36_000.5) % 10).toBeCloseTo(0);
      if (n) expect(tick.x - (ticks[n - 1]?.x ?? 0)).toBeGreaterThanOrEqual(APART);
    }
  });
  it("a running call keeps its scale until it must shrink", () => {
    const at = (whole: number): number => axis([], whole, "true", 0, 1_000, 0, true).place(10);
    expect(at(26)).toBe(at(30));
    expect(at(32)).toBeCloseTo(at(30) * 0.8);
    expect(axis([], 21, "true", 0, 1_000, 0, true).place(21)).toBeLessThanOrEqual(1_000);
  });
});

describe("the score", () => {
  it("of an attended transfer", () => {
    const one = score(attended, 0);
    expect(one.lanes.map((lane) => [lane.party, lane.here.length, lane.ended])).toEqual([["1001", 1, true], ["1002", 2, false], ["1003", 1, false]]);
    expect(one.pieces.map((piece) => [piece.kind, piece.lanes])).toEqual([["ring", [1]], ["talk", [0, 1]], ["hold", [0]], ["ring", [2]], ["consult", [1, 2]], ["talk", [0, 2]]]);
    expect(one.moves).toMatchObject([{kind: "attended", by: 1, from: 0, to: 2}]);
    expect(one.whole).toBeCloseTo(7.9, 3);
    expect(one.live).toBe(false);
  });
  it("what a switch whose clock goes before ours has begun lasts no negative time", () => {
    const start = "2026-01-01T10:00:00Z", call = {call_id: "x", state: "ringing", from: {party: "1"}, started_at: start, parties: [{party: "1"}, {party: "2"}], segments: [{kind: "ring", parties: ["2"], started_at: "2026-01-01T10:00:05Z", ended_at: null}], legs: [{leg_id: "x", party: "1", created_at: start}]} as unknown as Document;
    expect(score(call, Date.parse("2026-01-01T10:00:03Z")).whole).toBe(5);
  });
  it("services have no lane, waits are measured, the first failure is known", () => {
    const one = score({
      call_id: "x", started_at: "2026-01-01T00:00:00Z", from: {party: "+49"}, dialled: "4000",
      segments: [
        {kind: "queue", parties: ["+49", "queue:support"], started_at: "2026-01-01T00:00:01Z", ended_at: "2026-01-01T00:00:49Z"},
        {kind: "ring", parties: ["1005"], started_at: "2026-01-01T00:00:05Z", ended_at: "2026-01-01T00:00:15Z"},
      ],
      offers: [{to: "1005", started_at: "2026-01-01T00:00:05Z", ended_at: "2026-01-01T00:00:15Z", outcome: "no_answer"}],
      legs: [{leg_id: "a", party: "+49", created_at: "2026-01-01T00:00:00Z"}],
    }, Date.parse("2026-01-01T00:01:00Z"));
    expect(one.lanes.map((lane) => lane.party)).toEqual(["+49", "1005"]);
    expect([one.longest?.kind, one.longest?.service, one.failure?.lost, one.live, one.whole]).toEqual(["queue", "support", "no_answer", true, 60]);
  });
});

it("no stroke is invisible", () => {
  for (const kind of ["talk", "consult", "conference", "ring", "queue", "hold", "park", "ivr", "voicemail", "doubt", "monitor"])
    for (const one of stroke(kind, 10, 10, 5, 12)) expect(one.path, kind).toMatch(/^M[\d. -]+/);
});

// Written by tests/api/web/test_pure.py: documents of recorded calls, and what the text ladder reads in them.
const STORIES = process.env["HARMONY_STORIES"];
it.skipIf(!STORIES || !existsSync(STORIES))("reads recorded calls as the text ladder does", () => {
  const told = JSON.parse(readFileSync(STORIES ?? "", "utf-8")) as {call: Document; story: {parties: string[]; start: number; end: number | null; marks: {at: number; text: string; source: string | null; target: string | null; both: boolean}[]; spans: {kind: string; party: string; start: number; end: number | null}[]}}[];
  expect(told.length).toBeGreaterThan(30);
  const micros = (ms: number | null): number | null => (ms === null ? null : Math.round(ms * 1_000));
  for (const {call, story} of told) {
    const own = read(call);
    expect(own.parties, call.call_id).toEqual(story.parties);
    expect(own.marks.map((m) => ({at: micros(m.at), text: m.text, source: m.source, target: m.target, both: m.both})), call.call_id).toEqual(story.marks.map(({at, text, source, target, both}) => ({at, text, source, target, both})));
    expect(own.spans.map((s) => ({...s, start: micros(s.start), end: micros(s.end)})), call.call_id).toEqual(story.spans);
    expect([micros(own.start), micros(own.end)]).toEqual([story.start, story.end]);
  }
});
