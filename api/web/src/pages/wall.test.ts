import {describe, expect, it} from "vitest";
import {face, doing, type AgentNow} from "./wallboard";

const agent = (given: Partial<AgentNow>): AgentNow => ({agent: "1003@alpha.example", tenant: "alpha.example", switch: "pbx1", status: "Available", state: "Waiting", since: "2026-11-27T10:00:00Z", queue: null, leg_id: null, ...given});

describe("a face in a queue", () => {
  it("fills up to the target, is a square past it, and a diamond past three times", () => {
    expect(face(5, 20)).toEqual({shape: "ring", share: 0.25});
    expect(face(20, 20)).toEqual({shape: "square", share: 1});
    expect(face(59, 20)).toEqual({shape: "square", share: 1});
    expect(face(60, 20)).toEqual({shape: "diamond", share: 1});
  });
  it("is never less than nothing, and a target of nothing is passed at once", () => {
    expect(face(-3, 20)).toEqual({shape: "ring", share: 0});
    expect(face(0, 0).shape).toBe("diamond");
  });
});

describe("what an agent does", () => {
  it("is what the queues do with him, unless he is away", () => {
    expect(doing(agent({})).word).toBe("free");
    expect(doing(agent({state: "Receiving"})).word).toBe("rings");
    expect(doing(agent({state: "In a queue call"})).word).toBe("talks");
    expect(doing(agent({status: "On Break"})).word).toBe("break");
    expect(doing(agent({status: "Logged Out", state: "Idle"})).word).toBe("out");
  });
  it("goes on talking while he is marked as away", () => {
    expect(doing(agent({status: "On Break", state: "In a queue call"})).word).toBe("talks");
  });
  it("is not known where nothing was told", () => {
    expect(doing(agent({status: null, state: null})).word).toBe("unknown");
    expect(doing(agent({status: null, state: "Idle"})).word).toBe("idle");
  });
});
