// Reads the stream of live calls for ever: opens it, takes it apart, opens it again when it ends, falls silent, or the
// machine has slept. Says what came, and whether somebody is signed in at all.

import type {Call, Person} from "../api/client";
import {STALE, type Health, type Message} from "./state";

export interface Status {
  open: boolean;
  /** when the server last spoke (ms, this clock); 0: never */
  heard: number;
  /** nobody is signed in, or no longer */
  denied: boolean;
}
export interface Followed {
  status(): Status;
  /** Begin anew: somebody signed in or out. */
  again(): void;
}

const LATER = [250, 500, 1_000, 2_000, 4_000];
/** ms until the next try */
const LOOK = 1_000;

/** The messages in whole blocks of a stream, and what is left. */
export function parse(text: string): {messages: Message[]; rest: string} {
  const blocks = text.split("\n\n"), rest = blocks.pop() ?? "";
  return {messages: blocks.map(one).filter((m): m is Message => m !== null), rest};
}

function one(block: string): Message | null {
  let event = "", id = "0";
  const data: string[] = [];
  for (const line of block.split("\n")) {
    if (line.startsWith("event:")) event = line.slice(6).trim();
    else if (line.startsWith("id:")) id = line.slice(3).trim();
    else if (line.startsWith("data:")) data.push(line.slice(5).trimStart());
  }
  if (!data.length) return null;
  const value: unknown = JSON.parse(data.join("\n"));
  const position = Number(id);
  switch (event) {
    case "snapshot": {
      const {calls, health} = value as {calls: Call[]; health: Health | null};
      return {kind: "snapshot", position: (value as {position: number}).position, calls, health};
    }
    case "call": return {kind: "call", position, call: value as Call};
    case "ended": return {kind: "ended", position, call: value as Call};
    case "merged": return {kind: "merged", position, ...(value as {alias: string; call_id: string})};
    case "people": return {kind: "people", people: value as Person[]};
    case "person": return {kind: "person", position, person: value as Person};
    case "person_gone": return {kind: "person_gone", position, user: (value as {user: string}).user};
    case "health": return {kind: "health", health: value as Health};
    default: return null;
  }
}

/** Follow; `told` gets what came (often nothing) whenever something did or the status changed. */
export function follow(told: (messages: Message[], status: Status) => void): Followed {
  let status: Status = {open: false, heard: 0, denied: false};
  let stop = new AbortController();
  let failures = 0, timer: ReturnType<typeof setTimeout> | undefined, looked = Date.now();

  const set = (changed: Partial<Status>, messages: Message[] = []): void => {
    status = {...status, ...changed};
    told(messages, status);
  };
  const later = (): void => {
    clearTimeout(timer);
    const wait = LATER[Math.min(failures++, LATER.length - 1)] ?? LOOK;
    timer = setTimeout(() => void listen(), wait * (0.7 + Math.random() * 0.6));
  };
  const restart = (): void => {
    stop.abort();
    clearTimeout(timer);
    failures = 0;
    void listen();
  };

  async function listen(): Promise<void> {
    const mine = (stop = new AbortController());
    try {
      const answer = await fetch("/v1/live/stream?people=true", {headers: {Accept: "text/event-stream"}, signal: mine.signal, credentials: "same-origin", cache: "no-store"});
      if (answer.status === 401 || answer.status === 403) return set({open: false, denied: true});
      if (!answer.ok || !answer.body) throw new Error(String(answer.status));
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      let rest = "";
      for (;;) {
        const {done, value} = await reader.read();
        if (mine !== stop) return;
        if (done) break;
        const found = parse(rest + value);
        rest = found.rest;
        failures = 0;
        set({open: true, denied: false, heard: Date.now()}, found.messages);
      }
    } catch {
      if (mine !== stop) return;
    }
    set({open: false});
    later();
  }

  // A clock that jumps tells that the machine slept: whatever the stream looks like, it is not what it was.
  setInterval(() => {
    const now = Date.now(), slept = now - looked > 5 * LOOK;
    looked = now;
    if (!status.denied && (slept || (status.open && now - status.heard > STALE))) {
      set({open: false});
      restart();
    }
  }, LOOK);
  addEventListener("online", restart);
  void listen();
  return {
    status: () => status,
    again: () => {
      set({open: false, heard: 0, denied: false});
      restart();
    },
  };
}
