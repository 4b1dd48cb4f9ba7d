// What happened in a call, as marks at instants and spans of parties: the reading of a document that a ladder draws.
// The same reading as api/ladder/story.py, which draws the text: a test holds them together over recorded calls. Pure.

import {millis, plain} from "../format";

/** A call document; the parts that are read. */
export interface Document {
  call_id: string;
  from?: {party?: string | null; name?: string | null; number?: string | null} | null;
  dialled?: string | null;
  started_at: string;
  ended_at?: string | null;
  hangup?: {by?: string | null; cause?: string | null; sip_status?: number | null} | null;
  parties?: {party: string; role?: string | null}[];
  segments?: {kind: string; parties: string[]; started_at: string; ended_at?: string | null; quality?: string; detail?: Record<string, unknown>}[];
  offers?: {to: string; started_at: string; ended_at?: string | null; outcome?: string | null}[];
  transfers?: {kind: string; by?: string | null; from?: string | null; to?: string | null; at: string; result?: string | null}[];
  legs?: {leg_id: string; party?: string | null; created_at?: string | null; ended_at?: string | null; gone_at?: string | null; quality?: string}[];
}

export interface Mark {
  /** ms since 1970, with microseconds as a fraction */
  at: number;
  order: number;
  text: string;
  source: string | null;
  target: string | null;
  both: boolean;
}
export interface Span {
  kind: string;
  party: string;
  start: number;
  end: number | null;
}
export interface Story {
  parties: string[];
  marks: Mark[];
  spans: Span[];
  start: number;
  end: number | null;
}

export const party = (value: unknown): string => {
  const name = typeof value === "object" && value !== null ? (value as {party?: unknown}).party : value;
  return name === null || name === undefined || name === "" ? "?" : plain(name);
};
const instant = (text: string | null | undefined): number | null => (text ? millis(text) : null);
const words = (value: unknown): string => plain(value ?? "None").replaceAll("_", " ");

export function read(call: Document): Story {
  const start = instant(call.started_at) ?? 0, caller = party(call.from);
  const marks = gathered(call, caller, start).map((mark, n) => ({mark, n}))
    .sort((a, b) => a.mark.at - b.mark.at || a.mark.order - b.mark.order || a.n - b.n).map(({mark}) => mark);
  return {parties: parties(call, caller, marks), marks, spans: spans(call), start, end: instant(call.ended_at)};
}

function parties(call: Document, caller: string, marks: Mark[]): string[] {
  const seen = new Set([caller]);
  for (const mark of marks) for (const name of [mark.source, mark.target]) if (name !== null) seen.add(name);
  for (const segment of call.segments ?? []) for (const name of segment.parties ?? []) seen.add(party(name));
  for (const one of call.parties ?? []) seen.add(party(one));
  return [...seen];
}

function spans(call: Document): Span[] {
  const found: Span[] = [];
  for (const leg of call.legs ?? []) {
    const start = instant(leg.created_at);
    if (leg.party && start !== null) found.push({kind: "present", party: party(leg.party), start, end: instant(leg.ended_at)});
  }
  for (const segment of call.segments ?? []) {
    const start = instant(segment.started_at);
    if (start !== null) for (const name of segment.parties ?? []) found.push({kind: segment.kind, party: party(name), start, end: instant(segment.ended_at)});
  }
  return found;
}

const mark = (at: number, order: number, text: string, source: string | null = null, target: string | null = null, both = false): Mark => ({at, order, text, source, target, both});

function gathered(call: Document, caller: string, start: number): Mark[] {
  const found = [mark(start, 0, call.dialled ? `${caller} dials ${plain(call.dialled)}` : `${caller} starts`, caller)];
  for (const offer of call.offers ?? []) offered(offer, offeredBy(offer, call, caller), start, found);
  for (const segment of call.segments ?? []) {
    const one = told(segment, start);
    if (one) found.push(one);
  }
  for (const transfer of call.transfers ?? []) found.push(transferred(transfer, start));
  const end = instant(call.ended_at);
  if (end !== null) found.push(mark(end, 9, hungUp(call), call.hangup?.by && call.hangup.by !== "switch" ? party(call.hangup.by) : null));
  return found;
}

type Offer = NonNullable<Document["offers"]>[number];
type Segment = NonNullable<Document["segments"]>[number];
type Transfer = NonNullable<Document["transfers"]>[number];

/** Who rang the phone: the transferor of a consultation, else the caller. */
function offeredBy(offer: Offer, call: Document, caller: string): string {
  const at = instant(offer.started_at) ?? 0;
  for (const one of call.transfers ?? [])
    if ((one.kind === "attended" || one.kind === "semi_attended") && one.by && party(one.to) === party(offer.to) && at <= (instant(one.at) ?? 0)) return party(one.by);
  return caller;
}

const ANSWERS: Record<string, string> = {answered: "answers", no_answer: "does not answer", busy: "is busy", rejected: "rejects"};
function offered(offer: Offer, by: string, start: number, found: Mark[]): void {
  const to = party(offer.to), ended = instant(offer.ended_at);
  found.push(mark(instant(offer.started_at) ?? start, 2, `offered to ${to}`, by, to));
  if (offer.outcome && ended !== null) found.push(mark(ended, 1, `${to} ${ANSWERS[offer.outcome] ?? words(offer.outcome)}`, to));
}

function told(segment: Segment, start: number): Mark | null {
  const names = (segment.parties ?? []).map(party), at = instant(segment.started_at) ?? start, detail = segment.detail ?? {};
  const doubt = !segment.quality || segment.quality === "observed" ? "" : ` (${plain(segment.quality)})`, all = names.join(", "), kind = segment.kind;
  switch (kind) {
    case "ring": return null; // the offer says it
    case "talk":
    case "consult": {
      const several = names.length > 1;
      return mark(at, 4, `${kind === "talk" ? "talk" : "consultation"}: ${all}${doubt}`, several ? (names[0] ?? null) : null, several ? (names.at(-1) ?? null) : null, true);
    }
    case "hold": {
      const by = party(detail["by"]), held = names.filter((n) => n !== by).join(", ") || all;
      return mark(at, 3, `${by} holds ${held}${doubt}`, by, names.includes(held) ? held : null);
    }
    case "park": case "queue": case "conference": case "voicemail": case "ivr": {
      const where = names.find((n) => n.startsWith(`${kind}:`)) ?? null, who = names.filter((n) => n !== where).join(", ");
      const shown = where ?? plain(detail["lot"] || detail["queue"] || detail["room"] || kind);
      return mark(at, 5, `${who} in ${shown}${doubt}`, names.includes(who) ? who : null, where);
    }
    default: {
      const extra = detail["mode"] || detail["file"];
      return mark(at, 5, `${kind.replaceAll("_", " ")}: ${all}${extra ? ` (${plain(extra)})` : ""}${doubt}`);
    }
  }
}

const NOUNS = new Set(["pickup", "park", "retrieve", "park-return", "forward"]);
function transferred(one: Transfer, start: number): Mark {
  const kind = plain(one.kind).replaceAll("_", "-"), by = party(one.by), to = party(one.to);
  const moved = one.from ? ` of ${party(one.from)}` : "", noun = NOUNS.has(kind) ? kind : `${kind} transfer`;
  const ending = one.result && one.result !== "completed" ? `: ${plain(one.result)}` : "";
  return mark(instant(one.at) ?? start, 3, `${noun} by ${by}${moved} to ${to}${ending}`, by, to);
}

function hungUp(call: Document): string {
  const by = call.hangup?.by, cause = call.hangup?.cause;
  const who = !by ? "the call ends" : by === "switch" ? "the switch ends the call" : `${party(by)} hangs up`;
  const sip = call.hangup?.sip_status ? `, SIP ${call.hangup.sip_status}` : "";
  return cause ? `${who} (${plain(cause)}${sip})` : who;
}
