// A story laid out as a score: each person a staff line, time to the right (or down, where it is narrow). Pure: a
// document and a room in, shapes with places out; `draw` makes SVG of them, and nothing here knows a language.

import {read, type Document, type Mark, type Story} from "./story";
import {axis, type Axis, type Scale} from "./time";

export interface Lane {
  party: string;
  role: string;
  /** seconds in which a leg of it was there; until null: it still is */
  here: {from: number; until: number | null}[];
  /** between the two instants that are known of an end that nobody saw */
  doubt: {from: number; until: number}[];
  /** it hung up, and so ended the call */
  ended: boolean;
}
export interface Piece {
  /** its place in the document's segments */
  n: number;
  kind: string;
  lanes: number[];
  from: number;
  /** null: it lasts */
  until: number | null;
  /** queue, lot, room, menu: what has no lane of its own */
  service: string | null;
  by: string | null;
  /** rang, and was not answered: the outcome */
  lost: string | null;
  digits: {at: number; digit: string}[];
  quality: string;
}
export interface Move {
  kind: string;
  at: number;
  by: number | null;
  from: number | null;
  to: number | null;
  result: string | null;
}
export interface Score {
  story: Story;
  lanes: Lane[];
  pieces: Piece[];
  moves: Move[];
  /** seconds, of a live call until now */
  whole: number;
  live: boolean;
  longest: Piece | null;
  failure: Piece | null;
}

const SERVICE = /^[a-z_]+:/;
const WAITS = new Set(["queue", "hold", "park", "ring"]);
/** s; a shorter wait is nobody's complaint */
const WORTH = 10;

export function score(call: Document, now: number): Score {
  const story = read(call);
  const since = (ms: number | null | undefined): number | null => (ms === null || ms === undefined || Number.isNaN(ms) ? null : (ms - story.start) / 1_000);
  const millis = (text: string | null | undefined): number | null => (text ? span(text) : null);
  const span = (text: string): number | null => since(msOf(text));
  const live = story.end === null;
  // A switch's clock may go before ours: what has begun has begun, and now is not before it.
  const begun = (call.segments ?? []).map((one) => msOf(one.ended_at ?? one.started_at)).filter((ms) => !Number.isNaN(ms));
  const last = Math.max(...story.spans.map((one) => one.end ?? 0), story.end ?? 0, ...begun);
  const whole = Math.max(0.05, (since(live ? Math.max(now, last) : last) ?? 0));

  const people = story.parties.filter((name) => !SERVICE.test(name) && name !== "?");
  if (!people.length) people.push(story.parties[0] ?? "?");
  const entered = new Map<string, number>();
  for (const one of story.spans) entered.set(one.party, Math.min(entered.get(one.party) ?? Infinity, one.start));
  const caller = people[0];
  people.sort((a, b) => Number(b === caller) - Number(a === caller) || (entered.get(a) ?? Infinity) - (entered.get(b) ?? Infinity));
  const at = new Map(people.map((name, n) => [name, n]));
  const hungUp = call.hangup?.by ?? null;

  const lanes: Lane[] = people.map((name) => {
    const legs = (call.legs ?? []).filter((leg) => leg.party === name);
    return {
      party: name,
      role: call.parties?.find((one) => one.party === name)?.role ?? "",
      here: legs.flatMap((leg) => {
        const from = millis(leg.created_at);
        return from === null ? [] : [{from: Math.max(0, from), until: millis(leg.ended_at)}];
      }),
      doubt: legs.flatMap((leg) => {
        const from = millis(leg.ended_at), until = millis(leg.gone_at);
        return from === null || until === null || until <= from || leg.quality === "observed" ? [] : [{from, until}];
      }),
      ended: hungUp === name,
    };
  });

  const pieces: Piece[] = (call.segments ?? []).flatMap((one, n) => {
    const of = one.parties.map((p) => at.get(p)).filter((p): p is number => p !== undefined);
    const from = millis(one.started_at);
    if (from === null || !of.length || one.kind === "record") return [];
    const service = one.parties.find((p) => SERVICE.test(p)) ?? null, detail = one.detail ?? {};
    const offer = one.kind === "ring" ? call.offers?.find((o) => o.to === one.parties[0] && Math.abs((millis(o.started_at) ?? 1e9) - from) < 0.5) : undefined;
    const lost = offer?.outcome && offer.outcome !== "answered" && offer.outcome !== "answered_elsewhere" ? offer.outcome : null;
    const keyed = Array.isArray(detail["digits"]) ? (detail["digits"] as {digit?: string; at?: string}[]) : [];
    return [{
      n, kind: one.kind, lanes: of, from: Math.max(0, from), until: millis(one.ended_at), lost, quality: one.quality ?? "observed",
      service: service?.split(":").slice(1).join(":") ?? text(detail["queue"] ?? detail["lot"] ?? detail["room"] ?? detail["menu"]),
      by: text(detail["by"]),
      digits: keyed.flatMap((key) => (key.digit && key.at ? [{digit: key.digit, at: millis(key.at) ?? 0}] : [])),
    }];
  });

  const moves: Move[] = (call.transfers ?? []).flatMap((one) => {
    const when = millis(one.at);
    return when === null ? [] : [{kind: one.kind, at: when, by: at.get(one.by ?? "") ?? null, from: at.get(one.from ?? "") ?? null, to: at.get(one.to ?? "") ?? null, result: one.result ?? null}];
  });
  const long = (piece: Piece): number => (piece.until ?? whole) - piece.from;
  const longest = pieces.filter((piece) => WAITS.has(piece.kind) && (piece.kind !== "ring" || piece.lanes.includes(0)) && long(piece) >= WORTH).sort((a, b) => long(b) - long(a))[0] ?? null;
  const failure = pieces.find((piece) => piece.lost !== null && piece.lost !== "cancelled" && piece.lost !== "forwarded") ?? null;
  return {story, lanes, pieces, moves, whole, live, longest, failure};
}

const text = (value: unknown): string | null => (typeof value === "string" && value ? value : null);
const msOf = (value: string): number => {
  const fraction = /\.(\d+)/.exec(value)?.[1] ?? "0";
  return Date.parse(value.replace(/\.\d+/, "")) + Number(`0.${fraction}`) * 1_000;
};

/** The axis of a score in a room. */
export function timed(of: Score, scale: Scale, left: number, right: number, began: number): Axis {
  const changes = [
    ...of.pieces.flatMap((one) => [one.from, one.until ?? of.whole]),
    ...of.lanes.flatMap((lane) => lane.here.flatMap((one) => [one.from, one.until ?? of.whole])),
    ...of.moves.map((one) => one.at),
  ];
  return axis(changes, of.whole, scale, left, right, began, of.live);
}

export type {Mark};
