import {expect, it} from "vitest";
import type {Call} from "../api/client";
import {change, grouped, row} from "./board";

const call = (id: string, more: Partial<Call>): Call => ({call_id: id, direction: "inbound", from: {party: "+49", name: null, number: null, user: null}, state: "ringing", started_at: "2026-01-01T10:00:00Z", ...more}) as Call;
const queued = call("q", {state: "queued", segments: [{kind: "queue", parties: ["+49", "queue:support"], started_at: "2026-01-01T10:00:05Z", ended_at: null}]} as unknown as Partial<Call>);
const asking = call("c", {state: "held", segments: [
  {kind: "talk", parties: ["+49", "1002"], started_at: "2026-01-01T10:00:01Z", ended_at: "2026-01-01T10:00:09Z"},
  {kind: "hold", parties: ["+49"], started_at: "2026-01-01T10:00:09Z", ended_at: null}, {kind: "consult", parties: ["1002", "1003"], started_at: "2026-01-01T10:00:11Z", ended_at: null},
]} as unknown as Partial<Call>);

it("a row says what goes on, since when, and with whom", () => {
  expect(row(queued)).toMatchObject({state: "queued", since: Date.parse("2026-01-01T10:00:05Z"), others: "", queue: "support"});
  expect(row(asking)).toMatchObject({state: "consult", since: Date.parse("2026-01-01T10:00:11Z"), others: "1002, 1003"});
  expect(row(call("r", {offers: [{to: "1002", started_at: "x", ended_at: null, outcome: null}]} as unknown as Partial<Call>)).others).toBe("1002");
});

it("groups by name, and those without one last", () => {
  const groups = grouped([asking, queued], "queue", Date.parse("2026-01-01T10:01:05Z"));
  expect(groups.map((group) => [group.name, group.rows.length, group.waits, group.longest])).toEqual([["support", 1, 1, 60], [null, 1, 0, 0]]);
});

it("finds the next change and the one before", () => {
  const at = Date.parse("2026-01-01T10:00:09Z");
  expect(change([asking], at, 1)).toBe(Date.parse("2026-01-01T10:00:11Z"));
  expect(change([asking], at, -1)).toBe(Date.parse("2026-01-01T10:00:01Z"));
  expect(change([queued], Date.parse("2026-01-02T00:00:00Z"), 1)).toBeNull();
});
