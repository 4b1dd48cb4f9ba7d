// The score as SVG. Only shapes and words: where things are was worked out by `layout` and `time`.

import {nothing, svg, type SVGTemplateResult, type TemplateResult, html} from "lit";
import {clock, duration, stretch} from "../format";
import {place as where, t, word} from "../i18n/index";
import {timed, type Piece, type Score} from "./layout";
import {lying, standing, stroke, type Place, type Stroke} from "./strokes";
import type {Axis, Scale} from "./time";

export interface Options {
  width: number;
  scale: Scale;
  /** how times stand at the ticks */
  times: "clock" | "start";
  /** the lane under the pointer, or picked by key; null: all alike */
  lane: number | null;
  /** the segment that was picked */
  picked: number | null;
  /** seconds into the call where its recording is heard */
  cursor?: number | null;
  /** names instead of parties */
  names: ReadonlyMap<string, string>;
  you: string | null;
  pick(n: number): void;
  hover(lane: number | null): void;
}

const BAR = 12, LANE = 54, TOP = 34, LABEL = 164, NARROW = 640;
const n1 = (n: number): number => Math.round(n * 10) / 10;
/** px of a letter at 11 px */
const LETTER = 5.95;

export const strokes = (found: Stroke[]): SVGTemplateResult[] =>
  found.map((one) => svg`<path class=${one.cut ? "cut" : `${one.width === null ? "k-fill" : "k-line"} ${one.kind}`} d=${one.path} stroke-width=${one.width ?? nothing} stroke-dasharray=${one.dash ?? nothing}/>`);

const kindWord = (piece: Piece): string => word("segment", piece.kind);

/** What stands above a stroke: the longest form that fits. */
function label(piece: Piece, whole: number, room: number): string {
  const lasts = stretch((piece.until ?? whole) - piece.from, where), what = kindWord(piece);
  const more = piece.service ?? (piece.kind === "hold" && piece.by ? t("ladder.by", {who: piece.by}) : "");
  return [more && `${what} ${more} ${lasts}`, `${what} ${lasts}`, lasts].find((one) => one && one.length * LETTER <= room) ?? "";
}

export function ladder(of: Score, o: Options): TemplateResult {
  return o.width < NARROW ? down(of, o) : across(of, o);
}

function described(of: Score): string {
  return of.pieces.map((one) => `${kindWord(one)} ${one.lanes.map((n) => of.lanes[n]?.party).join(", ")} ${duration((one.until ?? of.whole) - one.from)}`).join("; ") || t("call.ladder");
}

function across(of: Score, o: Options): TemplateResult {
  const right = o.width - 16, began = secondOfDay(of.story.start), time = timed(of, o.scale, LABEL, right, o.times === "clock" ? began : 0);
  const lane = (n: number): number => TOP + LANE * (n + 0.62), foot = TOP + LANE * of.lanes.length, height = foot + 16;
  const now = time.place(of.whole);
  return html`<svg class="ladder ${o.lane === null ? "" : "one"}" width=${o.width} height=${height} viewBox="0 0 ${o.width} ${height}" role="img" aria-label=${described(of)} @pointerleave=${() => o.hover(null)}>
    ${time.ticks.map(({at, x}) => svg`<path class="grid" d="M${n1(x)} ${TOP - 6}V${foot}"/>${of.live && Math.abs(x + 24 - now) < 56 ? nothing : svg`<text x=${n1(x + 4)} y=${TOP - 10}>${o.times === "clock" ? clock(of.story.start + at * 1_000, where) : duration(at)}</text>`}`)}
    ${of.lanes.map((one, n) => {
      const y = lane(n), name = one.party === o.you ? t("you") : (o.names.get(one.party) ?? one.party);
      const sub = [name !== one.party ? one.party : "", word("role_in_call", one.role)].filter(Boolean).join(" · ");
      return svg`<g class="lane ${o.lane === n ? "on" : ""}" @pointerenter=${() => o.hover(n)}>
        <rect class="hit" x="0" y=${n1(y - LANE * 0.62)} width=${o.width} height=${LANE}/>
        <path class="staff" d="M${LABEL} ${y}H${right}"/>
        <text class="name" x="0" y=${y - 1}><title>${one.party}</title>${clipped(name, 21)}</text><text class="sub" x="0" y=${y + 14}>${clipped(sub, 27)}</text>
        ${presence(one, time, of, y, lying)}
        ${folds(time, one, of, y)}
        ${of.pieces.filter((piece) => piece.lanes.includes(n)).map((piece) => bar(piece, n, y, time, of, o, lying))}
        ${folds(time, one, of, y)}
      </g>`;
    })}
    ${joins(of, time, lane, lying)}
    ${of.lanes.map((_, n) => svg`<g class="lane words ${o.lane === n ? "on" : ""}">${labels(of, n, lane(n), time)}</g>`)}
    ${time.stretches.filter((one) => one.folded && one.x2 - one.x1 > 70).map((one) => svg`<text class="halo" x=${n1((one.x1 + one.x2) / 2 + 2)} y=${TOP + 2} text-anchor="middle">${t("ladder.unchanged", {time: duration(one.until - one.from)})}</text>`)}
    ${marks(of, time, lane)}
    ${moves(of, time, lane, lying, true)}
    ${frame(of, time, lane, o, lying)}
    ${o.cursor == null ? nothing : svg`<path class="cursor" d="M${n1(time.place(Math.min(o.cursor, of.whole)))} ${TOP - 4}V${foot}"/>`}
    ${of.live ? svg`<path class="nowline" d="M${n1(now)} ${TOP - 4}V${foot}"/><text class="halo now" x=${n1(now - 4)} y=${TOP - 10} text-anchor="end">${t("now")}</text>` : nothing}
  </svg>`;
}

function down(of: Score, o: Options): TemplateResult {
  const gutter = 54, head = 40, columns = of.lanes.length, room = Math.max(300, Math.min(1_400, of.pieces.length * 62 + 160)), bottom = head + room;
  const time = timed(of, o.scale, head, bottom, o.times === "clock" ? secondOfDay(of.story.start) : 0);
  const lane = (n: number): number => gutter + ((o.width - gutter) / columns) * (n + 0.5), height = bottom + 24;
  const wide = (o.width - gutter) / columns - 16;
  return html`<svg class="ladder ${o.lane === null ? "" : "one"}" width=${o.width} height=${height} viewBox="0 0 ${o.width} ${height}" role="img" aria-label=${described(of)}>
    ${time.ticks.map(({at, x}) => svg`<path class="grid" d="M${gutter - 4} ${n1(x)}H${o.width}"/><text x="0" y=${n1(x + 4)}>${o.times === "clock" ? clock(of.story.start + at * 1_000, where) : duration(at)}</text>`)}
    ${of.lanes.map((one, n) => {
      const x = lane(n), name = one.party === o.you ? t("you") : (o.names.get(one.party) ?? one.party);
      return svg`<g class="lane ${o.lane === n ? "on" : ""}" @click=${() => o.hover(o.lane === n ? null : n)}>
        <path class="staff" d="M${n1(x)} ${head}V${bottom}"/>
        <text class="name" x=${n1(x)} y="14" text-anchor="middle"><title>${one.party}</title>${clipped(name, Math.max(4, Math.floor((wide + 16) / 7.4)))}</text>
        ${presence(one, time, of, x, standing)}
        ${of.pieces.filter((piece) => piece.lanes.includes(n)).map((piece) => bar(piece, n, x, time, of, o, standing))}
      </g>`;
    })}
    ${joins(of, time, lane, standing)}
    ${of.pieces.map((piece) => {
      const x = lane(piece.lanes[0] ?? 0) + BAR / 2 + 5, from = time.place(piece.from), to = time.place(piece.until ?? of.whole);
      const says = to - from > 12 ? label(piece, of.whole, piece.lanes.includes(columns - 1) ? wide / 2 : wide) : "";
      return says ? svg`<text class="lbl halo ${piece.kind}" x=${n1(x)} y=${n1(from + 14)}>${says}</text>` : nothing;
    })}
    ${moves(of, time, lane, standing, false)}
    ${frame(of, time, lane, o, standing)}
    ${o.cursor == null ? nothing : svg`<path class="cursor" d="M${gutter} ${n1(time.place(Math.min(o.cursor, of.whole)))}H${o.width}"/>`}
    ${of.live ? svg`<path class="nowline" d="M${gutter} ${n1(time.place(of.whole))}H${o.width}"/>` : nothing}
  </svg>`;
}

const secondOfDay = (ms: number): number => (ms / 1_000) % 86_400;
const clipped = (text: string, most: number): string => (text.length > most ? `${text.slice(0, most - 1)}…` : text);
const at = (p: Place, along: number, across_: number): string => p(along, across_).map(n1).join(" ");

function presence(lane: Score["lanes"][number], time: Axis, of: Score, y: number, p: Place): SVGTemplateResult {
  const high = BAR / 2 + 3, line = (a: number, b: number, c: number, d: number): string => `M${at(p, a, b)}L${at(p, c, d)}`;
  return svg`${lane.here.map(({from, until}, n) => {
    const x1 = time.place(from), x2 = time.place(until ?? of.whole), last = n === lane.here.length - 1;
    return svg`<path class="pres" d=${line(x1, y, x2, y) + line(x1, y - high, x1, y + high)}/>
      ${until === null ? nothing : lane.ended && last && until >= of.whole - 0.5
        ? svg`<path class="pres" d=${line(x2 + 0.5, y - high, x2 + 0.5, y + high)}/><path class="inkf" d=${`M${at(p, x2 + 3, y - high)}L${at(p, x2 + 6.5, y - high)}L${at(p, x2 + 6.5, y + high)}L${at(p, x2 + 3, y + high)}Z`}/>`
        : svg`<path class="pres" d=${line(x2, y - high, x2, y + high)}/>`}`;
  })}${lane.doubt.map(({from, until}) => strokes(stroke("doubt", time.place(from), time.place(until), y, BAR, p)))}`;
}

function bar(piece: Piece, n: number, y: number, time: Axis, of: Score, o: Options, p: Place): SVGTemplateResult {
  const from = time.place(piece.from), to = time.place(piece.until ?? of.whole);
  const [x, top] = p(from - 2, y - BAR), [x2, bottom] = p(Math.max(to, from + 8) + 2, y + BAR);
  return svg`<g class="piece" @click=${(event: Event) => { event.stopPropagation(); o.pick(piece.n); }}><title>${kindWord(piece)} ${stretch((piece.until ?? of.whole) - piece.from, where)}</title>
    <rect class="hit" x=${n1(Math.min(x, x2))} y=${n1(Math.min(top, bottom))} width=${n1(Math.abs(x2 - x))} height=${n1(Math.abs(bottom - top))}/>
    ${strokes(stroke(piece.kind, from, to, y, BAR, p))}
    ${piece.lanes.length > 1 ? head(piece.kind, from, y, p) : nothing}
    ${piece.digits.map(({at: when, digit}) => {
      const [dx, dy] = p(time.place(when), y);
      return svg`<rect class="k-fill ${piece.kind}" x=${n1(dx - 7)} y=${n1(dy - 7)} width="14" height="14" rx="2"/><text class="digit" x=${n1(dx)} y=${n1(dy + 4)} text-anchor="middle">${digit}</text>`;
    })}
    ${piece.lost && n === piece.lanes[0] ? cross(to, y, p) : nothing}</g>`;
}

function head(kind: string, along: number, y: number, p: Place): SVGTemplateResult {
  const [x, top] = p(along + 0.75, y);
  return svg`<circle class="k-fill ${kind}" cx=${n1(x)} cy=${n1(top)} r="4.5"/><circle class="hole" cx=${n1(x)} cy=${n1(top)} r="2"/>`;
}

function cross(along: number, y: number, p: Place): SVGTemplateResult {
  const [x, top] = p(along + 8, y);
  return svg`<path class="k-line fail" stroke-width="2" d="M${n1(x - 4)} ${n1(top - 4)}l8 8m0 -8l-8 8"/>`;
}

function joins(of: Score, time: Axis, lane: (n: number) => number, p: Place): SVGTemplateResult[] {
  return of.pieces.filter((piece) => piece.lanes.length > 1).map((piece) => {
    const ys = piece.lanes.map(lane), x = time.place(piece.from) + 0.75;
    return svg`<path class="k-line join ${piece.kind}" stroke-width="1.5" d="M${at(p, x, Math.min(...ys) + 5)}L${at(p, x, Math.max(...ys) - 5)}"/>`;
  });
}

function labels(of: Score, n: number, y: number, time: Axis): SVGTemplateResult[] {
  const found: SVGTemplateResult[] = [], here = of.pieces.filter((piece) => piece.lanes.includes(n)).sort((a, b) => a.from - b.from);
  here.forEach((piece, place) => {
    const pointed = of.moves.some((move) => (move.kind === "park" ? move.from : move.to) === n && Math.abs(move.at - piece.from) < 0.3);
    const x = time.place(piece.from) + (pointed ? 20 : piece.lanes.length > 1 ? 6 : 1), next = here[place + 1];
    const until = next ? Math.max(time.place(piece.until ?? of.whole), time.place(next.from)) : time.place(piece.until ?? of.whole) + (piece.lost ? 14 : 60);
    const says = label(piece, of.whole, until - x - 4);
    if (says) found.push(svg`<text class="lbl halo ${piece.kind}" x=${n1(x)} y=${n1(y - BAR / 2 - 5)}>${says}</text>`);
    if (piece.lost && n === piece.lanes[0]) found.push(svg`<text class="lbl halo fail" x=${n1(time.place(piece.from))} y=${n1(y + BAR / 2 + 14)}>${word("offer", piece.lost)}</text>`);
  });
  return found;
}

function folds(time: Axis, lane: Score["lanes"][number], of: Score, y: number): SVGTemplateResult[] {
  return time.stretches.filter((one) => one.folded && lane.here.some((here) => here.from <= one.from + 0.01 && (here.until ?? of.whole) >= one.until - 0.01)).map((one) => {
    const x = n1((one.x1 + one.x2) / 2), high = BAR / 2 + 4;
    return svg`<path class="gap" d="M${x - 4} ${y + high}L${x + 2} ${y - high}L${x + 8} ${y - high}L${x + 2} ${y + high}Z"/><path class="slash" d="M${x - 4} ${y + high}L${x + 2} ${y - high}M${x + 2} ${y + high}L${x + 8} ${y - high}"/>`;
  });
}

function marks(of: Score, time: Axis, lane: (n: number) => number): SVGTemplateResult {
  const {longest} = of;
  if (!longest) return svg``;
  const a = n1(time.place(longest.from)), b = n1(time.place(longest.until ?? of.whole)), y = lane(longest.lanes[0] ?? 0) + BAR / 2 + 9, says = t("ladder.longest");
  if (b - a < 24) return svg``;
  return svg`<path class="measure" d="M${a} ${y - 4}V${y + 4}M${b} ${y - 4}V${y + 4}M${a} ${y}H${b}"/>${b - a > says.length * LETTER + 12 ? svg`<text class="halo strong" x=${(a + b) / 2} y=${y + 4} text-anchor="middle">${says}</text>` : nothing}`;
}

function moves(of: Score, time: Axis, lane: (n: number) => number, p: Place, named: boolean): SVGTemplateResult[] {
  return of.moves.map((move) => {
    const x = time.place(move.at), words = word("transfer", move.kind) + (move.result && move.result !== "completed" ? `: ${word("result", move.result)}` : "");
    const [by, to] = move.kind === "park" ? [move.by, move.from] : [move.by, move.to];
    if (move.kind === "command" || (by === null && move.from !== null)) {
      const [cx, cy] = p(x, lane(move.from ?? move.to ?? 0));
      return svg`<path class="diamond" d="M${n1(cx)} ${n1(cy - 8)}l8 8l-8 8l-8 -8z"/>${named ? svg`<text class="halo strong" x=${n1(cx + 10)} y=${n1(cy + BAR / 2 + 14)}>${words}</text>` : nothing}`;
    }
    if (by === null || to === null || by === to) return svg``;
    const y1 = lane(by), y2 = lane(to), d = y2 > y1 ? 1 : -1, bow = move.kind === "park" ? -30 : 26, end = bow > 0 ? 12 : -4, edge = x + 90 > time.place(of.whole) + 20;
    const path = `M${at(p, x + 3, y1 + d * 9)}C${at(p, x + bow, y1 + d * 12)} ${at(p, x + bow, y2 - d * 26)} ${at(p, x + end, y2 - d * 13)}`;
    const arrow = `M${at(p, x + end - 1, y2 - d * 7)}L${at(p, x + end - 4.5, y2 - d * 15)}L${at(p, x + end + 5, y2 - d * 14)}Z`;
    return svg`<path class="slur" d=${path}/><path class="inkf" d=${arrow}/>${named ? svg`<text class="halo strong" x=${n1(edge ? x - 8 : x + 10)} y=${n1(y1 + 4)} text-anchor=${edge ? "end" : nothing}>${words}</text>` : nothing}`;
  });
}

function frame(of: Score, time: Axis, lane: (n: number) => number, o: Options, p: Place): SVGTemplateResult | typeof nothing {
  const piece = of.pieces.find((one) => one.n === o.picked);
  if (!piece) return nothing;
  const ys = piece.lanes.map(lane), [x1, y1] = p(time.place(piece.from) - 4, Math.min(...ys) - BAR - 9), [x2, y2] = p(time.place(piece.until ?? of.whole) + 4, Math.max(...ys) + BAR + 1);
  return svg`<rect class="picked" x=${n1(Math.min(x1, x2))} y=${n1(Math.min(y1, y2))} width=${n1(Math.abs(x2 - x1))} height=${n1(Math.abs(y2 - y1))} rx="4"/>`;
}

/** The whole of a call on one line, always true to scale. */
export function bar_of(of: Score, width: number): TemplateResult {
  const place = (s: number): number => (s / of.whole) * (width - 2) + 1;
  return html`<svg class="mini" viewBox="0 0 ${width} 14" preserveAspectRatio="none" aria-hidden="true"><path class="staff" d="M0 7H${width}"/>${of.pieces.filter((one) => one.lanes.includes(0)).map((one) => strokes(stroke(one.kind, place(one.from), place(one.until ?? of.whole), 7, 9)))}</svg>`;
}

export interface StoryStretch {
  kind: string;
  /** seconds since the call began */
  begins: number;
  ends: number | null;
}

/** The caller's lane alone, in a cell of a list: all rows of a list on one scale (`whole` seconds). */
export function mini(story: readonly StoryStretch[], whole: number, width: number, o: {lost?: boolean; now?: number; from?: number} = {}): TemplateResult {
  const begin = o.from ?? 0, place = (s: number): number => ((s - begin) / whole) * (width - 3) + 1;
  const last = o.now ?? Math.max(0, ...story.map((one) => one.ends ?? one.begins));
  const shown = story.filter((one) => (one.ends ?? last) > begin);
  const says = shown.map((one) => `${word("segment", one.kind)} ${duration((one.ends ?? last) - one.begins)}`).join(", ");
  return html`<svg class="mini" viewBox="0 0 ${width} 14" width=${width} role="img" aria-label=${says || t("none")}><path class="staff" d="M0 7H${width}"/>
    ${shown.map((one) => strokes(stroke(one.kind, Math.max(1, place(one.begins)), Math.min(width - 1, Math.max(place(one.ends ?? last), place(one.begins) + 2)), 7, 9)))}
    ${o.lost ? svg`<path class="k-line fail" stroke-width="2" d="M${n1(Math.min(width - 6, place(last) + 3))} 3.5l7 7m0 -7l-7 7"/>` : nothing}
    ${o.now !== undefined ? svg`<path class="nowline" d="M${n1(place(o.now))} 0V14"/>` : nothing}</svg>`;
}
