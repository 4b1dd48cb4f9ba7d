// The live calls as a board: what is shown of each, in which group, and in which order. Pure.

import type {Call} from "../api/client";
import {millis, plain} from "../format";

export interface Row {
  call: Call;
  /** a state of a call, or a segment's kind where that says more (consult) */
  state: string;
  /** ms at which that began */
  since: number;
  began: number;
  caller: string;
  others: string;
  queue: string | null;
  switch: string;
  waits: boolean;
}
export type Grouping = "queue" | "switch" | "flat";
export interface Group {
  name: string | null;
  rows: Row[];
  waits: number;
  longest: number;
}

const ASIDE = new Set(["record", "monitor"]);
const WAITING = new Set(["queued", "parked", "ringing"]);

export function row(call: Call): Row {
  const caller = call.from?.party ?? "?", open = (call.segments ?? []).filter((one) => !one.ended_at && !ASIDE.has(one.kind));
  const own = open.filter((one) => one.parties.includes(caller)), consult = open.find((one) => one.kind === "consult");
  const kinds: Record<string, string> = {talking: "talk", held: "hold", queued: "queue", parked: "park", ringing: "ring", conference: "conference", ivr: "ivr", voicemail: "voicemail"};
  const state = consult ? "consult" : call.state, kind = consult ? "consult" : (kinds[call.state] ?? call.state);
  const now = open.find((one) => one.kind === kind) ?? own.at(-1);
  const with_ = new Set(open.filter((one) => one.kind !== "ring").flatMap((one) => one.parties).filter((one) => one !== caller && !/^(queue|ivr):/.test(one)));
  const ringing = (call.offers ?? []).filter((one) => !one.ended_at).map((one) => one.to);
  const waiting = [...(call.segments ?? [])].reverse().find((one) => one.kind === "queue");
  const named = waiting?.parties.find((one) => one.startsWith("queue:"))?.slice(6) ?? null;
  return {
    call, state, since: now ? millis(String(now.started_at)) : millis(String(call.started_at)), began: millis(String(call.started_at)),
    caller: plain(call.from?.name || caller), others: plain([...with_, ...ringing.filter((one) => !with_.has(one))].join(", ")),
    queue: named, switch: (call.legs ?? [])[0]?.switch ?? "", waits: WAITING.has(call.state),
  };
}

/** Groups by name, rows by when their calls began: no row jumps because another changed. */
export function grouped(calls: Iterable<Call>, by: Grouping, now: number): Group[] {
  const groups = new Map<string | null, Row[]>();
  for (const call of calls) {
    const one = row(call), name = by === "flat" ? null : by === "queue" ? one.queue : one.switch || null;
    const rows = groups.get(name);
    if (rows) rows.push(one);
    else groups.set(name, [one]);
  }
  return [...groups].sort(([a], [b]) => Number(a === null) - Number(b === null) || String(a).localeCompare(String(b))).map(([name, rows]) => {
    rows.sort((a, b) => a.began - b.began || (a.call.call_id < b.call.call_id ? -1 : 1));
    const waits = rows.filter((one) => one.state === "queued");
    return {name, rows, waits: waits.length, longest: Math.max(0, ...waits.map((one) => (now - one.since) / 1_000))};
  });
}

/** The next instant after `at` (or the last before it) at which something changed in these calls. */
export function change(calls: Iterable<Call>, at: number, direction: 1 | -1): number | null {
  let best: number | null = null;
  for (const call of calls)
    for (const text of [call.started_at, call.ended_at, ...(call.segments ?? []).flatMap((one) => [one.started_at, one.ended_at])]) {
      const ms = millis(text as string | null);
      if (!Number.isFinite(ms) || (ms - at) * direction <= 1) continue;
      if (best === null || (best - ms) * direction > 0) best = ms;
    }
  return best;
}
