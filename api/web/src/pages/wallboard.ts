// What the wallboard shows of a caller who waits and of an agent. Pure.

import type {components} from "../api/described";
import type {Shape} from "../parts/glyphs";

export type AgentNow = components["schemas"]["AgentNow"];
export type Waiting = components["schemas"]["Waiting"];
export type QueueMeasures = components["schemas"]["QueueMeasures"];
export interface Queues {
  target_seconds: number;
  queues: QueueMeasures[];
  waiting: Waiting[];
}

/** A caller's mark after so many seconds: a ring that fills up to the target, a square past it, a diamond past three times. */
export function face(seconds: number, target: number): {shape: "ring" | "square" | "diamond"; share: number} {
  if (seconds >= 3 * target) return {shape: "diamond", share: 1};
  if (seconds >= target) return {shape: "square", share: 1};
  return {shape: "ring", share: Math.max(0, seconds / target)};
}

export type Does = "free" | "rings" | "talks" | "idle" | "break" | "out" | "unknown";
const AWAY: Record<string, Does> = {"On Break": "break", "Logged Out": "out"};
const BUSY: Record<string, Does> = {"In a queue call": "talks", Receiving: "rings"};

/** A call goes before what he has set, and that before what the queues do with him. */
export function doing(one: AgentNow): {word: Does; kind: string; shape: Shape} {
  const word = BUSY[one.state ?? ""] ?? AWAY[one.status ?? ""] ?? (one.state === "Waiting" || (one.state === null && one.status?.startsWith("Available")) ? "free" : one.state ? "idle" : "unknown");
  return {word, ...LOOKS[word]};
}
const LOOKS: Record<Does, {kind: string; shape: Shape}> = {
  free: {kind: "free", shape: "free"}, rings: {kind: "ring", shape: "ring"}, talks: {kind: "talk", shape: "talk"}, idle: {kind: "away", shape: "away"},
  break: {kind: "away", shape: "away"}, out: {kind: "off", shape: "off"}, unknown: {kind: "doubt", shape: "doubt"},
};

export interface Board {
  key: string;
  queue: string;
  tenant: string | null;
  measures: QueueMeasures | null;
  /** the longest first */
  waiting: Waiting[];
}

/** All queues that somebody waits in or that had a caller today, by company and name. */
export function boards(of: Queues): Board[] {
  const found = new Map<string, Board>();
  const at = (queue: string, tenant: string | null): Board => {
    const key = `${tenant ?? ""}\n${queue}`;
    let board = found.get(key);
    if (!board) found.set(key, (board = {key, queue, tenant, measures: null, waiting: []}));
    return board;
  };
  for (const one of of.queues) at(one.queue, one.tenant).measures = one;
  for (const one of of.waiting) at(one.queue, one.tenant).waiting.push(one);
  return [...found.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
}
