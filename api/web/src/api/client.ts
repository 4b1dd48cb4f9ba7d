// The documented interface as typed questions. A refusal is a `Refused` with the sentence that the server says.

import type {components, paths} from "./described";

export type Call = components["schemas"]["Call"];
export type Segment = Call["segments"] extends (infer S)[] | undefined ? S : never;
export type Who = paths["/v1/whoami"]["get"]["responses"]["200"]["content"]["application/json"];
export type Listed = components["schemas"]["CallListed"];
export type CallsPage = {position: number; next: string | null; calls: Listed[]};
export type Sums = components["schemas"]["CallSums"];
export type Command = components["schemas"]["CommandStatus"];
export type Taken = components["schemas"]["CommandTaken"];
export type Settings = components["schemas"]["SelfService"];
export type Annotations = components["schemas"]["CallAnnotations"];
export type Tags = paths["/v1/tags"]["get"]["responses"]["200"]["content"]["application/json"];
export type Recorded = components["schemas"]["Recording"];
export type Recordings = components["schemas"]["Recordings"];
export type Mailbox = components["schemas"]["Voicemail"];
export type Message = components["schemas"]["VoicemailMessage"];
export type CloudEvent = components["schemas"]["CloudEvent"];
export type Person = components["schemas"]["Person"];
export type EventPage = components["schemas"]["EventPage"];

export class Refused extends Error {
  constructor(readonly status: number, readonly code: string, says: string, readonly wait = 0) {
    super(says);
  }
}

/** Ask; raises `Refused`, and a TypeError where the server cannot be reached. */
export async function ask<T>(path: string, given: {method?: string; body?: unknown; signal?: AbortSignal; key?: string} = {}): Promise<T> {
  const headers: Record<string, string> = {Accept: "application/json"};
  if (given.body !== undefined) headers["Content-Type"] = "application/json";
  if (given.key) headers["Idempotency-Key"] = given.key;
  const answer = await fetch(path, {
    method: given.method ?? "GET", headers, credentials: "same-origin", cache: "no-cache",
    body: given.body === undefined ? null : JSON.stringify(given.body), signal: given.signal ?? null,
  });
  if (answer.ok) return (answer.status === 204 ? null : await answer.json()) as T;
  const problem = (await answer.json().catch(() => ({}))) as {detail?: string; code?: string};
  throw new Refused(answer.status, problem.code ?? "", problem.detail ?? `${answer.status} ${answer.statusText}`, Number(answer.headers.get("retry-after") ?? 0));
}

export const whoami = (): Promise<Who> => ask("/v1/whoami");
export const signIn = (given: {user: string; password: string} | {token: string}): Promise<Who> => ask("/v1/session", {method: "POST", body: given});
export const signOut = (everywhere = false): Promise<null> => ask(`/v1/session${everywhere ? "?everywhere=true" : ""}`, {method: "DELETE"});
export const getCall = (id: string, signal?: AbortSignal): Promise<Call> => ask(`/v1/calls/${encodeURIComponent(id)}`, signal ? {signal} : {});

const POLL = 250;
/** ms between two looks at a command */

/** Give a command and wait for what came of it: the switch's words, good or bad. */
export async function command(path: string, body: unknown, patience = 60_000): Promise<Command> {
  const taken = await ask<Taken>(path, {method: "POST", body, key: crypto.randomUUID()});
  const until = Date.now() + patience;
  for (;;) {
    const now = await ask<Command>(`/v1/commands/${taken.command_id}`);
    if (now.state === "completed" || Date.now() > until) return now;
    await new Promise((done) => setTimeout(done, POLL));
  }
}
