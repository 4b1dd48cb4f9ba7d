// The calls that somebody is in now, as his own phone knows them: what goes on, with whom, what he may do. Pure.

import type {Call} from "../api/client";
import {millis, plain} from "../format";

export type Doing = "rings" | "calls" | "talks" | "holds" | "held" | "consults" | "waits" | "conference" | "other";
export interface Mine {
  call: Call;
  doing: Doing;
  /** ms at which that began */
  since: number;
  /** the other one, as a party */
  other: string;
  name: string;
  /** the target of a consultation */
  asked: string | null;
  recorded: boolean;
  /** the conference that I am in */
  room: string | null;
}
/** legs that stand between people, and are nobody's phone */
const BETWEEN = new Set(["loopback", "hop"]);
const OUTSIDE = /^[a-z_]+:/;

export function mine(calls: Iterable<Call>, me: string): Mine[] {
  const found: Mine[] = [];
  for (const call of calls) {
    const legs = (call.legs ?? []).filter((leg) => leg.party === me && !leg.ended_at && !BETWEEN.has(leg.role ?? "")), open = (call.segments ?? []).filter((one) => !one.ended_at);
    if (!legs.length && !open.some((one) => one.parties.includes(me))) continue;
    const own = open.filter((one) => one.parties.includes(me)), is = (kind: string): typeof own[number] | undefined => own.find((one) => one.kind === kind);
    const holding = open.find((one) => one.kind === "hold" && (one.detail as {by?: string} | undefined)?.by === me && !one.parties.includes(me));
    const consult = is("consult"), talk = is("talk"), ring = is("ring"), room = is("conference");
    const others = [...new Set([...(talk?.parties ?? []), ...(holding?.parties ?? []), ...(consult?.parties ?? [])])].filter((one) => one !== me && !OUTSIDE.test(one));
    const caller = call.from?.party ?? "?", far = holding?.parties.find((one) => one !== me) ?? talk?.parties.find((one) => one !== me) ?? others[0] ?? (caller === me ? (call.dialled ?? "?") : caller);
    const [doing, from]: [Doing, string | undefined] = consult ? ["consults", String(consult.started_at)] : talk ? ["talks", String(talk.started_at)] : room ? ["conference", String(room.started_at)]
      : holding ? ["holds", String(holding.started_at)] : ring ? ["rings", String(ring.started_at)] : is("hold") ? ["held", String(is("hold")?.started_at)]
      : caller === me ? ["calls", String(call.started_at)] : ["other", String(own[0]?.started_at ?? call.started_at)];
    found.push({
      call, doing, since: millis(from), other: far, name: plain(far === caller ? (call.from?.name || far) : far), recorded: open.some((one) => one.kind === "record"),
      room: (room?.detail as {room?: string} | undefined)?.room ?? null,
      asked: consult?.parties.find((one) => one !== me) ?? null,
    });
  }
  const rank: Record<Doing, number> = {consults: 0, talks: 1, conference: 2, rings: 3, calls: 4, waits: 5, holds: 6, held: 7, other: 8};
  return found.sort((a, b) => rank[a.doing] - rank[b.doing] || a.since - b.since);
}
