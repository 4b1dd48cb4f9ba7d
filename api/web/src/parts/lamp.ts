// The lamp of a person: shape, word and colour of what his phone does, since when, and with whom for those who may know.

import {html, nothing, type TemplateResult} from "lit";
import type {Person} from "../api/client";
import {duration, millis, plain} from "../format";
import {t, word} from "../i18n/index";
import {glyph, type Shape} from "./glyphs";

export const LAMPS: Record<Person["state"], {kind: string; shape: Shape}> = {
  free: {kind: "free", shape: "free"}, talking: {kind: "talk", shape: "talk"}, ringing: {kind: "ring", shape: "ring"}, dialling: {kind: "ring", shape: "out"}, held: {kind: "hold", shape: "hold"},
  do_not_disturb: {kind: "dnd", shape: "dnd"}, away: {kind: "away", shape: "away"}, not_registered: {kind: "off", shape: "off"}, unknown: {kind: "doubt", shape: "doubt"},
};
/** states that tell how long they last */
const TIMED = new Set<Person["state"]>(["talking", "ringing", "dialling", "held"]);

export const shape = (one: Person): TemplateResult => html`<span class="st ${LAMPS[one.state].kind} ${one.state === "ringing" ? "blinks" : ""}">${glyph(LAMPS[one.state].shape)}</span>`;
export const says = (one: Person): string => word("person", one.state);

/** The word of the state, its time, and who is at the other end. */
export function does(one: Person, now: number): TemplateResult {
  const others = (one.with ?? []).map((peer) => plain(peer.name || peer.party)).join(", "), since = millis(one.since);
  return html`<span class="with ell s12"><span class="st ${LAMPS[one.state].kind}">${says(one)}</span>${TIMED.has(one.state) && Number.isFinite(since) ? html` <span class="tm">${duration((now - since) / 1_000)}</span>` : nothing}${
    one.state === "away" && one.forwarded_to ? html` ${t("people.to", {who: one.forwarded_to})}` : nothing}${others ? html` <span class="q3"><bdi>${others}</bdi></span>` : nothing}</span>`;
}
