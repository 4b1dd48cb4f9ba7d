// The shapes of states, 16 x 16: told apart without colour. The word stands beside, always.

import {html, svg, type TemplateResult} from "lit";

const SHAPES = {
  free: svg`<circle cx="8" cy="8" r="5" fill="none" stroke="currentColor" stroke-width="2"/>`,
  talk: svg`<circle cx="8" cy="8" r="6" fill="currentColor"/>`,
  ring: svg`<circle cx="8" cy="8" r="2.6" fill="currentColor"/><path d="M3.4 3.6a6.2 6.2 0 0 0 0 8.8M12.6 3.6a6.2 6.2 0 0 1 0 8.8" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round"/>`,
  hold: svg`<path d="M5 3v10M11 3v10" stroke="currentColor" stroke-width="3" fill="none"/>`,
  queue: svg`<circle cx="2.6" cy="8" r="2" fill="currentColor"/><circle cx="8" cy="8" r="2" fill="currentColor"/><circle cx="13.4" cy="8" r="2" fill="currentColor"/>`,
  park: svg`<rect x="2.5" y="2.5" width="11" height="11" fill="none" stroke="currentColor" stroke-width="2"/><path d="M6.4 11.4V5h2.2a1.9 1.9 0 0 1 0 3.8H6.4" fill="none" stroke="currentColor" stroke-width="1.6"/>`,
  consult: svg`<circle cx="8" cy="8" r="5.5" fill="none" stroke="currentColor" stroke-width="2"/><path d="M8 2.5a5.5 5.5 0 0 1 0 11z" fill="currentColor"/>`,
  conference: svg`<circle cx="8" cy="4" r="2.8" fill="currentColor"/><circle cx="3.8" cy="11.4" r="2.8" fill="currentColor"/><circle cx="12.2" cy="11.4" r="2.8" fill="currentColor"/>`,
  ivr: svg`<g fill="currentColor"><rect x="2" y="2" width="3.2" height="3.2"/><rect x="6.4" y="2" width="3.2" height="3.2"/><rect x="10.8" y="2" width="3.2" height="3.2"/><rect x="2" y="6.4" width="3.2" height="3.2"/><rect x="6.4" y="6.4" width="3.2" height="3.2"/><rect x="10.8" y="6.4" width="3.2" height="3.2"/><rect x="6.4" y="10.8" width="3.2" height="3.2"/></g>`,
  voicemail: svg`<g fill="none" stroke="currentColor" stroke-width="1.8"><circle cx="4.2" cy="7.6" r="2.8"/><circle cx="11.8" cy="7.6" r="2.8"/><path d="M4.2 10.4h7.6"/></g>`,
  dnd: svg`<circle cx="8" cy="8" r="6" fill="currentColor"/><path d="M4.6 8h6.8" stroke="var(--panel)" stroke-width="2.2"/>`,
  away: svg`<circle cx="8" cy="8" r="5.2" fill="none" stroke="currentColor" stroke-width="1.6"/><path d="M8 4.8V8l2.4 1.6" fill="none" stroke="currentColor" stroke-width="1.6"/>`,
  off: svg`<circle cx="8" cy="8" r="5.2" fill="none" stroke="currentColor" stroke-width="1.6" stroke-dasharray="2.2 2"/><path d="M3 13L13 3" stroke="currentColor" stroke-width="1.6"/>`,
  wrap: svg`<path d="M3 12.5l1-3 6.6-6.6 2 2L6 11.5z" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linejoin="round"/>`,
  ok: svg`<path d="M3 8.4l3.4 3.4L13 4.8" fill="none" stroke="currentColor" stroke-width="2"/>`,
  fail: svg`<path d="M3.5 3.5l9 9M12.5 3.5l-9 9" stroke="currentColor" stroke-width="2" fill="none"/>`,
  warn: svg`<path d="M8 1.8L15 14H1z" fill="currentColor"/><path d="M8 6.2v3.9M8 11.2v1.4" stroke="var(--panel)" stroke-width="1.6"/>`,
  missed: svg`<path d="M13 3L4 12M4 12V5.8M4 12h6.2" fill="none" stroke="currentColor" stroke-width="2"/>`,
  in: svg`<path d="M12.5 3.5L4 12M4 12V6M4 12h6" fill="none" stroke="currentColor" stroke-width="1.6"/>`,
  out: svg`<path d="M3.5 12.5L12 4M12 4H6M12 4v6" fill="none" stroke="currentColor" stroke-width="1.6"/>`,
  int: svg`<path d="M2 8h12M5 5L2 8l3 3M11 5l3 3-3 3" fill="none" stroke="currentColor" stroke-width="1.6"/>`,
  doubt: svg`<path d="M2.5 6.2c2-2 3.6-2 5.5 0s3.5 2 5.5 0M2.5 10.6c2-2 3.6-2 5.5 0s3.5 2 5.5 0" fill="none" stroke="currentColor" stroke-width="1.6"/>`,
  search: svg`<circle cx="7" cy="7" r="4.4" fill="none" stroke="currentColor" stroke-width="1.6"/><path d="M10.4 10.4l3.6 3.6" stroke="currentColor" stroke-width="1.6"/>`,
  rec: svg`<circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" stroke-width="1.6"/><circle cx="8" cy="8" r="3" fill="currentColor"/>`,
  play: svg`<path d="M4 2.5v11l9-5.5z" fill="currentColor"/>`,
  pause: svg`<path d="M5 3v10M11 3v10" stroke="currentColor" stroke-width="3" fill="none"/>`,
  live: svg`<circle cx="8" cy="8" r="5" fill="currentColor"/>`,
  again: svg`<path d="M13 8a5 5 0 1 1-1.6-3.7M13 2v3.4H9.6" fill="none" stroke="currentColor" stroke-width="1.8"/>`,
  stale: svg`<rect x="2.5" y="2.5" width="11" height="11" fill="currentColor"/><path d="M8 5v3.6M8 10v1.4" stroke="var(--panel)" stroke-width="1.8"/>`,
  past: svg`<path d="M3 3v10M14 3L5.5 8l8.5 5z" fill="currentColor" stroke="currentColor" stroke-width="1.6"/>`,
  star: svg`<path d="M8 1.8l1.9 4 4.3.6-3.1 3 .8 4.3L8 11.6l-3.9 2.1.8-4.3-3.1-3 4.3-.6z" fill="currentColor"/>`,
  mon: svg`<path d="M2 9V8a6 6 0 0 1 12 0v1M2 9h2.6v4H3a1 1 0 0 1-1-1zM14 9h-2.6v4H13a1 1 0 0 0 1-1z" fill="none" stroke="currentColor" stroke-width="1.6"/>`,
};
export type Shape = keyof typeof SHAPES;

export const glyph = (shape: Shape, more = ""): TemplateResult => html`<svg class="g ${more}" viewBox="0 0 16 16" aria-hidden="true">${SHAPES[shape]}</svg>`;
/** Shape and word in the colour of a state. */
export const state = (kind: string, words: string, shape: Shape): TemplateResult => html`<span class="st ${kind}">${glyph(shape)}${words}</span>`;
export const mark = html`<svg viewBox="0 0 20 20" aria-hidden="true" class="mark"><g stroke="currentColor" fill="none"><path stroke-width="1" opacity=".55" d="M1 6h18M1 14h18"/><path stroke-width="3.4" d="M5 6h9M5 14h12"/><path stroke-width="1.6" d="M5.4 6v8"/></g></svg>`;

/** The shape and the colour of a segment kind, a state of a call, or a lamp. */
export const OF: Record<string, {kind: string; shape: Shape}> = {
  talk: {kind: "talk", shape: "talk"}, talking: {kind: "talk", shape: "talk"}, ring: {kind: "ring", shape: "ring"}, ringing: {kind: "ring", shape: "ring"},
  hold: {kind: "hold", shape: "hold"}, held: {kind: "hold", shape: "hold"}, queue: {kind: "queue", shape: "queue"}, queued: {kind: "queue", shape: "queue"},
  park: {kind: "park", shape: "park"}, parked: {kind: "park", shape: "park"}, consult: {kind: "consult", shape: "consult"},
  conference: {kind: "conference", shape: "conference"}, ivr: {kind: "ivr", shape: "ivr"}, voicemail: {kind: "voicemail", shape: "voicemail"},
  complete: {kind: "sound", shape: "ok"}, monitor: {kind: "sound", shape: "mon"}, record: {kind: "sound", shape: "rec"},
  early_media: {kind: "sound", shape: "talk"}, announcement: {kind: "sound", shape: "talk"}, free: {kind: "free", shape: "free"},
  do_not_disturb: {kind: "dnd", shape: "dnd"}, not_registered: {kind: "off", shape: "off"},
};
export const OUTCOMES: Record<string, {kind: string; shape: Shape}> = {
  answered: {kind: "talk", shape: "ok"}, voicemail: {kind: "voicemail", shape: "voicemail"}, abandoned: {kind: "fail", shape: "fail"},
  no_answer: {kind: "fail", shape: "missed"}, unserved: {kind: "fail", shape: "fail"}, failed: {kind: "fail", shape: "fail"},
  busy: {kind: "away", shape: "dnd"}, rejected: {kind: "away", shape: "fail"}, cancelled: {kind: "away", shape: "fail"},
};
export const DIRECTIONS: Record<string, Shape> = {inbound: "in", outbound: "out", internal: "int"};
