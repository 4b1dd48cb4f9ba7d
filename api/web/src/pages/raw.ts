// The raw events of a call's legs in the order of the log, each with what differs from the one before on its leg. Pure.

import type {Call, CloudEvent} from "../api/client";
import {millis} from "../format";

export interface Change {
  name: string;
  /** null: it was not there */
  was: string | null;
  is: string;
}
export interface Raw {
  id: string;
  position: number | null;
  at: number;
  name: string;
  leg: string;
  changed: Change[];
}

/** Headers that differ in every event and tell nothing. */
const ALWAYS = /^(Event-(Date|Sequence|Calling|Name)|Core-UUID|FreeSWITCH-|variable_(rtp_|uuid$|call_uuid$)|Channel-.*-Time$|Caller-.*-Time$)/;

export function differences(events: readonly CloudEvent[]): Raw[] {
  const seen = new Set<string>(), last = new Map<string, Record<string, string>>(), found: Raw[] = [];
  const one = events.map((event) => ({event, position: position(event)})).filter(({event}) => !seen.has(event.id) && seen.add(event.id));
  one.sort((a, b) => (a.position ?? 0) - (b.position ?? 0));
  for (const {event, position: at} of one) {
    const headers = headersOf(event), leg = headers["Unique-ID"] ?? event.subject ?? "", before = last.get(leg) ?? {};
    const changed = Object.entries(headers).filter(([name, is]) => !ALWAYS.test(name) && before[name] !== is).map(([name, is]) => ({name, was: before[name] ?? null, is}));
    last.set(leg, {...before, ...headers});
    found.push({id: event.id, position: at, at: millis(event.time), name: headers["Event-Name"] ?? event.type, leg, changed: last.has(leg) && Object.keys(before).length ? changed : changed.slice(0, 6)});
  }
  return found;
}

function headersOf(event: CloudEvent): Record<string, string> {
  const data = event.data as {headers?: Record<string, unknown>} & Record<string, unknown>, given = data.headers ?? data;
  return Object.fromEntries(Object.entries(given).filter((pair): pair is [string, string] => typeof pair[1] === "string"));
}

const position = (event: CloudEvent): number | null => {
  const told = (event as {position?: string}).position;
  return told === undefined ? null : Number(told);
};

export const leg_of = (leg: string, call: Call): string => call.legs?.find((one) => one.leg_id === leg)?.party ?? "";
