// What stands around a call of one's own: the others in its room, and calls that are parked, with what can be done with them.

import {html, nothing, type TemplateResult} from "lit";
import type {Call} from "../api/client";
import {duration, millis, plain} from "../format";
import {t} from "../i18n/index";
import {glyph} from "../parts/glyphs";

export interface Member {
  call: Call;
  party: string;
  name: string;
  since: number;
}
export interface Parked {
  call: Call;
  who: string;
  name: string;
  /** dialled to fetch the call; null: parked without a place, only a command finds it */
  lot: string | null;
  since: number;
}

const SERVICE = /^[a-z_]+:/;
const named = (call: Call, party: string): string => plain(party === call.from?.party ? (call.from.name || party) : party);
const text = (value: unknown): string | null => (typeof value === "string" && value ? value : null);

/** Who is in a room of a company, of the calls that one sees, in the order of entering. */
export function members(calls: Iterable<Call>, room: string, tenant: string | null): Member[] {
  const found: Member[] = [];
  for (const call of calls) {
    if (call.tenant !== tenant) continue;
    for (const one of call.segments ?? []) {
      if (one.kind !== "conference" || one.ended_at || (one.detail as {room?: string} | undefined)?.room !== room) continue;
      for (const party of one.parties) if (!SERVICE.test(party)) found.push({call, party, name: named(call, party), since: millis(String(one.started_at))});
    }
  }
  return found.sort((a, b) => a.since - b.since);
}

/** The calls that are parked now, the one that waits longest first. */
export function parked(calls: Iterable<Call>): Parked[] {
  const found: Parked[] = [];
  for (const call of calls) {
    const one = (call.segments ?? []).find((segment) => segment.kind === "park" && !segment.ended_at), who = one?.parties.find((party) => !SERVICE.test(party));
    if (one && who !== undefined) found.push({call, who, name: named(call, who), lot: text((one.detail as {lot?: unknown} | undefined)?.lot), since: millis(String(one.started_at))});
  }
  return found.sort((a, b) => a.since - b.since);
}

export const parkedPanel = (all: readonly Parked[], now: number, stale: boolean, fetch: (one: Parked) => void): TemplateResult | typeof nothing =>
  all.length ? html`<section class="panel"><header><h2>${t("phone.parked")}<span class="n">${all.length}</span></h2></header><div class="body"><ul class="list missed parked">${all.map((one, n) => html`<li><span class="q2 nw tm">${duration((now - one.since) / 1_000)}</span>${glyph("park", "park")}<span class="ell"><bdi class="b">${one.name}</bdi> <span class="q3">${one.lot === null ? t("phone.parked.nowhere") : t("phone.parked.at", {place: one.lot})}</span></span>
    <button class="btn sm" ?disabled=${stale || one.lot === null} @click=${() => fetch(one)}>${t("do.fetch")}${n === 0 ? html`<kbd>Shift P</kbd>` : nothing}</button></li>`)}</ul></div></section>` : nothing;

export const roomList = (all: readonly Member[], me: string, muted: ReadonlySet<string>, stale: boolean, may: (one: Member) => boolean, act: (one: Member, verb: "mute" | "unmute" | "kick") => void): TemplateResult =>
  html`<ul class="list members" aria-label=${t("phone.members")}>${all.map((one) => {
    const key = `${one.call.call_id} ${one.party}`, quiet = muted.has(key);
    return html`<li>${glyph("conference", "conference")}<span class="ell"><bdi>${one.party === me ? t("you") : one.name}</bdi>${one.name === one.party || one.party === me ? nothing : html` <span class="q3"><bdi>${one.party}</bdi></span>`}${quiet ? html` <span class="q3">${t("phone.muted")}</span>` : nothing}</span>${may(one) ? html`<span class="row"><button class="btn sm ${quiet ? "on" : ""}" aria-pressed=${quiet} ?disabled=${stale} @click=${() => act(one, quiet ? "unmute" : "mute")}>${quiet ? t("do.unmute") : t("do.mute")}${one.party === me ? html`<kbd>M</kbd>` : nothing}</button>${one.party === me ? nothing : html`<button class="btn sm end" ?disabled=${stale} @click=${() => act(one, "kick")}>${t("do.kick")}</button>`}</span>` : nothing}</li>`;
  })}</ul>`;
