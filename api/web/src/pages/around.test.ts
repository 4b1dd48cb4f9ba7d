import {expect, it} from "vitest";
import type {Call} from "../api/client";
import {members, parked} from "./around";

const call = (id: string, tenant: string, segments: {kind: string; parties: string[]; started_at: string; ended_at?: string; detail?: object}[]): Call =>
  ({call_id: id, tenant, from: {party: "+49", name: "Maria"}, segments: segments.map((one) => ({ended_at: null, ...one}))}) as unknown as Call;

it("a room's members are those of its company, in the order of entering", () => {
  const of = (id: string, tenant: string, party: string, second: string, room = "3001"): Call => call(id, tenant, [{kind: "conference", parties: [party, `conference:${room}`], started_at: `2026-01-01T10:00:${second}Z`, detail: {room}}]);
  const found = members([of("b", "alpha", "1002", "09"), of("a", "alpha", "+49", "05"), of("c", "beta", "1002", "01"), of("d", "alpha", "1003", "02", "3002")], "3001", "alpha");
  expect(found.map((one) => [one.call.call_id, one.party, one.name])).toEqual([["a", "+49", "Maria"], ["b", "1002", "1002"]]);
});

it("what is parked tells where, or that no number fetches it", () => {
  const at = (second: string): string => `2026-01-01T10:00:${second}Z`;
  const found = parked([
    call("late", "alpha", [{kind: "park", parties: ["1003"], started_at: at("09"), detail: {}}]),
    call("early", "alpha", [{kind: "park", parties: ["+49"], started_at: at("01"), detail: {lot: "5901"}}]),
    call("gone", "alpha", [{kind: "park", parties: ["+49"], started_at: at("00"), ended_at: at("02"), detail: {lot: "5902"}}]),
  ]);
  expect(found.map((one) => [one.call.call_id, one.name, one.lot])).toEqual([["early", "Maria", "5901"], ["late", "1003", null]]);
});
