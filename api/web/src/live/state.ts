// What a browser knows of the live calls, and how good that knowledge is. Pure: times come as values.

import type {Call, Person} from "../api/client";

export interface Health {
  /** when the server looked; up to two seconds before it said so */
  at?: string;
  sent_at?: string;
  position?: number;
  problems?: string[];
  switches?: {switch: string; link: string; since?: string | null}[];
}
export type Message =
  | {kind: "snapshot"; position: number; calls: Call[]; health: Health | null}
  | {kind: "call"; position: number; call: Call}
  | {kind: "ended"; position: number; call: Call}
  | {kind: "merged"; position: number; alias: string; call_id: string}
  | {kind: "people"; people: Person[]}
  | {kind: "person"; position: number; person: Person}
  | {kind: "person_gone"; position: number; user: string}
  | {kind: "health"; health: Health};

export interface Picture {
  calls: ReadonlyMap<string, Call>;
  /** calls that ended since the picture began, the newest first */
  ended: readonly Call[];
  /** of the company, by user, in the order of their numbers */
  people: ReadonlyMap<string, Person>;
  position: number;
  health: Health | null;
  /** server's clock minus this one, ms */
  ahead: number;
  /** counts snapshots: what was asked before one may be out of date */
  epoch: number;
}
export const NOTHING: Picture = {calls: new Map(), ended: [], people: new Map(), position: 0, health: null, ahead: 0, epoch: 0};
export const ENDED_KEPT = 50;

/** The picture after a message that came at `now` (ms, this clock). */
export function take(was: Picture, message: Message, now: number): Picture {
  switch (message.kind) {
    case "snapshot": {
      const calls = new Map(message.calls.map((call) => [call.call_id, call]));
      return {...was, calls, position: message.position, health: message.health, ahead: ahead(message.health, now, was), epoch: was.epoch + 1};
    }
    case "call":
      return {...was, position: message.position, calls: new Map(was.calls).set(message.call.call_id, message.call)};
    case "ended": {
      const calls = new Map(was.calls);
      calls.delete(message.call.call_id);
      const ended = [message.call, ...was.ended.filter((call) => call.call_id !== message.call.call_id)].slice(0, ENDED_KEPT);
      return {...was, position: message.position, calls, ended};
    }
    case "merged": {
      const calls = new Map(was.calls);
      calls.delete(message.alias);
      return {...was, position: message.position, calls, ended: was.ended.filter((call) => call.call_id !== message.alias)};
    }
    case "people":
      return {...was, people: new Map(message.people.map((one) => [one.user, one]))};
    case "person":
      return {...was, position: message.position, people: new Map(was.people).set(message.person.user, message.person)};
    case "person_gone": {
      const people = new Map(was.people);
      people.delete(message.user);
      return {...was, position: message.position, people};
    }
    case "health":
      return {...was, health: message.health, ahead: ahead(message.health, now, was)};
  }
}

function ahead(health: Health | null, now: number, was: Picture): number {
  const at = Date.parse(health?.sent_at ?? health?.at ?? "");
  return Number.isFinite(at) ? at - now : was.ahead;
}

/** The server speaks every two seconds. */
export const QUIET = 6_000;
/** ms without a word after which the picture stands still */
export const STALE = 10_000;

export type Connection =
  | {state: "connecting"}
  | {state: "live"}
  | {state: "reconnecting"; since: number}
  | {state: "stale"; since: number};

/** How good the picture is at `now`; `heard`: when the server last spoke, 0 never; `open`: whether a stream is. */
export function connection(open: boolean, heard: number, now: number): Connection {
  if (!heard) return {state: "connecting"};
  const silent = now - heard;
  if (silent >= STALE) return {state: "stale", since: heard};
  if (!open || silent >= QUIET) return {state: "reconnecting", since: heard};
  return {state: "live"};
}

/** The instant that the page shows: times go on while one reconnects, and stand still in a stale picture. */
export function instant(how: Connection, now: number, ahead_: number): number {
  return (how.state === "stale" ? how.since : now) + ahead_;
}
