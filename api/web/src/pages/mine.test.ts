import {expect, it} from "vitest";
import type {Call} from "../api/client";
import {mine} from "./mine";

const at = "2026-01-01T10:00:00Z";
const call = (id: string, segments: {kind: string; parties: string[]; detail?: object; ended_at?: string}[], from = "+49"): Call =>
  ({call_id: id, from: {party: from, name: from === "+49" ? "Maria" : null}, dialled: "1002", started_at: at, legs: [{leg_id: id, party: "1002"}], segments: segments.map((one) => ({started_at: at, ended_at: null, detail: {}, ...one}))}) as unknown as Call;

it("what my phone does, the most pressing first", () => {
  const found = mine([
    call("held", [{kind: "hold", parties: ["+49"], detail: {by: "1002"}}]),
    call("ring", [{kind: "ring", parties: ["1002"]}]),
    call("talk", [{kind: "talk", parties: ["+49", "1002"]}, {kind: "record", parties: ["+49"]}]),
    call("consult", [{kind: "hold", parties: ["+49"], detail: {by: "1002"}}, {kind: "consult", parties: ["1002", "1003"]}]),
    {...call("other", [{kind: "talk", parties: ["+49", "1003"]}]), legs: [{leg_id: "x", party: "1003"}]} as unknown as Call,
  ], "1002");
  expect(found.map((one) => [one.call.call_id, one.doing, one.name, one.asked, one.recorded])).toEqual([
    ["consult", "consults", "Maria", "1003", false], ["talk", "talks", "Maria", null, true], ["ring", "rings", "Maria", null, false], ["held", "holds", "Maria", null, false],
  ]);
});

it("a call that I make names whom I dialled", () => {
  expect(mine([{...call("out", [], "1002"), dialled: "1005"}], "1002")[0]).toMatchObject({doing: "calls", other: "1005"});
});

it("a call that I handed over is mine no more, though a leg between the others bears my number", () => {
  const over = {...call("over", [{kind: "talk", parties: ["1003", "1004"]}], "1002"), legs: [{leg_id: "a", party: "1002", ended_at: at}, {leg_id: "b", party: "1002", role: "loopback"}, {leg_id: "c", party: "1002", role: "hop"}]};
  expect(mine([over as unknown as Call], "1002")).toEqual([]);
});
