// The board: the calls in progress by queue, by switch, or flat; now, or as they were at another time, standing or played.

import {observeWindowOffset, observeWindowRect, Virtualizer, windowScroll} from "@tanstack/virtual-core";
import {html, nothing, svg, type TemplateResult} from "lit";
import {repeat} from "lit/directives/repeat.js";
import {ask, Refused, type Call, type Sums} from "../api/client";
import {clock, dayLong, duration, figure, isoDay, millis} from "../format";
import {place, t, word} from "../i18n/index";
import {mini, type StoryStretch} from "../ladder/draw";
import {feed} from "../live/feed";
import {glyph, OF, state} from "../parts/glyphs";
import {keys} from "../parts/keys";
import {Part} from "../parts/part";
import {past} from "../past";
import {callPath, go} from "../router";
import {session} from "../session";
import {change, grouped, type Group, type Grouping, type Row} from "./board";

/** seconds that the stories show */
const SHOWN = 600;
const ROW = 32, CARD = 68;
const SPEEDS = [1, 10, 60] as const;
/** seconds of waiting after which the time is marked */
const LONG = 60;
type Item = {group: Group} | {row: Row};

export class Live extends Part {
  static override properties = {by: {state: true}, board: {state: true}, said: {state: true}, speed: {state: true}, playing: {state: true}, sums: {state: true}, narrow: {state: true}};
  declare by: Grouping;
  declare board: {at: number; position: number; calls: Call[]} | null;
  declare said: string;
  declare speed: (typeof SPEEDS)[number];
  declare playing: boolean;
  declare sums: {day: string; sums: Sums} | null;
  declare narrow: boolean;
  private list: Virtualizer<Window, Element> | null = null;
  private drawn = 0;
  private waiting = 0;
  private asking = false;
  private wanted: number | null = null;

  constructor() {
    super();
    this.by = (localStorage.getItem("harmony.by") as Grouping | null) ?? "queue";
    this.board = null;
    this.said = "";
    this.speed = 10;
    this.playing = false;
    this.sums = null;
    this.narrow = false;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    const narrow = matchMedia("(max-width: 900px)");
    this.narrow = narrow.matches;
    this.hear(narrow, "change", () => { this.narrow = narrow.matches; this.list?.measure(); });
    this.hear(feed, "change", () => past.at === null && this.soon());
    this.hear(feed, "tick", () => {
      if (this.playing && past.at !== null) void this.to(past.at + this.speed * 1_000);
      else if (past.at === null) this.requestUpdate();
    });
    this.hear(past, "change", () => { if (past.at === null) this.now(); });
    this.atEnd(() => past.end());
    this.atEnd(keys([
      {key: "[", says: t("live.back"), does: () => void this.to(this.at - 1_000)}, {key: "]", says: t("live.on"), does: () => void this.to(this.at + 1_000)},
      {key: "{", says: t("live.change.back"), does: () => this.next(-1)}, {key: "}", says: t("live.change"), does: () => this.next(1)},
      {key: "shift [", says: t("live.change.back"), does: () => this.next(-1)}, {key: "shift ]", says: t("live.change"), does: () => this.next(1)},
      {key: " ", says: t("live.play"), does: () => this.play()}, {key: "escape", says: t("live.now"), does: () => past.end()},
    ]));
    const asked = new URLSearchParams(location.search).get("at"), at = asked ? Date.parse(asked) : NaN;
    if (Number.isFinite(at)) void this.to(at);
  }

  /** Many changes, one drawing. */
  private soon(): void {
    const left = 100 - (performance.now() - this.drawn);
    if (this.waiting) return;
    this.waiting = window.setTimeout(() => {
      this.waiting = 0;
      this.drawn = performance.now();
      this.requestUpdate();
    }, Math.max(0, left));
  }

  private get at(): number {
    return past.at ?? feed.now();
  }
  private get calls(): Iterable<Call> {
    return past.at === null ? feed.picture.calls.values() : (this.board?.calls ?? []);
  }

  private now(): void {
    this.playing = false;
    this.board = null;
    this.said = "";
    if (location.pathname === "/live") history.replaceState(null, "", "/live");
    this.requestUpdate();
  }

  /** Show another time. What is asked for while an answer is on its way is asked next, and only the last of it. */
  private async to(at: number): Promise<void> {
    if (at >= feed.now()) return past.end();
    past.set(at);
    this.wanted = at;
    if (this.asking) return;
    this.asking = true;
    try {
      while (this.wanted !== null) {
        const asked: number = this.wanted;
        this.wanted = null;
        const found = await ask<{position: number; calls: Call[]}>(`/v1/live?at=${new Date(asked).toISOString()}`);
        if (past.at === null) break;
        this.board = {at: asked, position: found.position, calls: found.calls};
        this.said = "";
        history.replaceState(null, "", `/live?at=${new Date(asked).toISOString()}`);
      }
    } catch (problem) {
      this.said = problem instanceof Refused ? problem.message : t("away");
      this.playing = false;
    } finally {
      this.asking = false;
    }
    const day = isoDay(at, place);
    if (this.sums?.day !== day) {
      const begin = dayBegin(at), sums = await ask<Sums>(`/v1/call-sums?since=${new Date(begin).toISOString()}&until=${new Date(begin + 86_400_000).toISOString()}`).catch(() => null);
      if (sums) this.sums = {day, sums};
    }
  }

  private next(direction: 1 | -1): void {
    const found = change(this.calls, this.at, direction);
    void this.to(found === null ? this.at + direction * 10_000 : found + (direction > 0 ? 2 : -2));
  }

  private play(): void {
    if (past.at === null) void this.to(feed.now() - 60_000);
    this.playing = !this.playing;
  }

  protected override render(): TemplateResult {
    const at = this.at, groups = grouped(this.calls, this.by, at), all = groups.flatMap((one) => one.rows);
    const count = (states: string[]): number => all.filter((one) => states.includes(one.state)).length;
    const talks = count(["talking", "consult", "conference"]), waits = count(["queued", "parked", "held"]), rings = count(["ringing"]);
    const items: Item[] = groups.flatMap((group): Item[] => [...(this.by === "flat" || (groups.length === 1 && group.name === null) ? [] : [{group}]), ...group.rows.map((row) => ({row}))]);
    return html`${past.at === null ? nothing : this.scrubber(past.at)}
      <div class="head"><h1>${t("live.title")}</h1><span class="q2">${t("live.sums", {n: all.length, talks, waits, rings, other: all.length - talks - waits - rings})}</span>
        <span class="push row wrap">${past.at === null ? html`<button class="btn sm" @click=${() => void this.to(feed.now() - 60_000)}>${glyph("past")}${t("live.past")}</button>` : nothing}
        <span class="seg" role="group" aria-label=${t("live.by")}>${(["queue", "switch", "flat"] as const).filter((one) => one !== "switch" || session.who?.tenant === null).map((one) => html`<button class=${one === this.by ? "on" : ""} aria-pressed=${one === this.by} @click=${() => { this.by = one; localStorage.setItem("harmony.by", one); }}>${t(`live.by.${one}`)}</button>`)}</span></span></div>
      ${this.said ? html`<p role="status" class="st fail s13">${this.said}</p>` : nothing}
      ${this.health()}
      ${all.length ? html`<section class="panel vt">${this.table(items, at)}</section>`
        : html`<section class="panel empty"><h2>${past.at === null ? t("live.none") : t("live.none.then")}</h2><p>${t("live.none.says")}</p><p><a class="btn" href="/calls">${t("calls.all")}</a></p></section>`}
      ${past.at === null && feed.picture.ended.length ? html`<section class="ended"><h2>${t("live.ended")}</h2><ul class="list">${feed.picture.ended.slice(0, 8).map((call) => html`<li><a class="plain row" href=${callPath(call.call_id)}><span class="q2 nw">${clock(millis(String(call.ended_at)), place)}</span><span class="ell"><bdi>${call.from?.name || call.from?.party}</bdi></span><span class="q3 ell"><bdi>${call.answered_by ?? call.dialled ?? ""}</bdi></span><span class="push q2">${word("outcome", call.outcome)}</span></a></li>`)}</ul></section>` : nothing}`;
  }

  /** What is wrong with what the board is made of. */
  private health(): TemplateResult | typeof nothing {
    const problems = past.at === null ? (feed.picture.health?.problems ?? []) : [];
    return problems.length ? html`<ul class="problems">${problems.map((one) => html`<li>${glyph("warn")} ${one}</li>`)}</ul>` : nothing;
  }

  private scrubber(at: number): TemplateResult {
    const begin = dayBegin(at), sums = this.sums?.day === isoDay(at, place) ? this.sums.sums : null, most = Math.max(1, ...(sums?.bars ?? []).map((bar) => bar.calls)), wide = ((sums?.bar_seconds ?? 1_800) / 86_400) * 1_000;
    const where = ((at - begin) / 86_400_000) * 1_000;
    return html`<section class="panel scrub" aria-label=${t("conn.past")}>
      <div class="row wrap"><span class="st past">${glyph("past")}${t("conn.past")}</span><h2>${t("live.as_it_was", {day: dayLong(at, place), time: clock(at, place)})}</h2><span class="q3 s12">${this.board ? t("live.position", {n: figure(this.board.position, place)}) : ""}</span>
        <span class="push row wrap"><button class="btn sm quiet" aria-label=${t("live.day.back")} @click=${() => void this.to(at - 86_400_000)}>‹</button><input type="date" aria-label=${t("live.day")} .value=${isoDay(at, place)} @change=${(e: Event) => this.day((e.target as HTMLInputElement).value, at - begin)}><button class="btn sm quiet" aria-label=${t("live.day.on")} @click=${() => void this.to(at + 86_400_000)}>›</button>
        <button class="btn sm" aria-pressed=${this.playing} @click=${() => this.play()}>${glyph(this.playing ? "pause" : "play")}${this.playing ? t("pause") : t("live.play")}<kbd>${t("space")}</kbd></button>
        <span class="seg" role="group">${SPEEDS.map((one) => html`<button class=${one === this.speed ? "on" : ""} aria-pressed=${one === this.speed} @click=${() => { this.speed = one; }}>${one}×</button>`)}</span>
        <button class="btn sm main-act" @click=${() => past.end()}>${t("live.now")}<kbd>Esc</kbd></button></span></div>
      <div class="timeline"><svg viewBox="0 0 1000 60" preserveAspectRatio="none" aria-hidden="true">
          ${(sums?.bars ?? []).map((bar) => svg`<rect class=${millis(bar.at) < at ? "gone" : "come"} x=${((millis(bar.at) - begin) / 86_400_000) * 1_000} y=${58 - (bar.calls / most) * 50} width=${Math.max(1, wide - 0.8)} height=${(bar.calls / most) * 50}/>`)}
          <path class="axis" d="M0 58.5H1000"/><path class="at" d="M${where} 0V60"/></svg>
        <input type="range" min="0" max="86399" step="1" aria-label=${t("live.time")} aria-valuetext=${clock(at, place)} .value=${String(Math.floor((at - begin) / 1_000))} @input=${(e: Event) => void this.to(begin + Number((e.target as HTMLInputElement).value) * 1_000)}>
        <div class="hours" aria-hidden="true">${[0, 3, 6, 9, 12, 15, 18, 21].map((hour) => html`<span>${String(hour).padStart(2, "0")}:00</span>`)}</div></div>
      <p class="q3 s12 only-w"><kbd>[</kbd> <kbd>]</kbd> ${t("live.second")} <kbd>Shift [</kbd> <kbd>Shift ]</kbd> ${t("live.to.change")}</p></section>`;
  }

  private day(iso: string, within: number): void {
    const guess = Date.parse(`${iso}T12:00:00Z`);
    if (Number.isFinite(guess)) void this.to(dayBegin(guess) + within);
  }

  private table(items: Item[], at: number): TemplateResult {
    const height = this.narrow ? CARD : ROW, margin = (this.querySelector<HTMLElement>(".vt")?.offsetTop ?? 200) + ROW;
    const options = {
      count: items.length, estimateSize: () => height, overscan: 10, scrollMargin: margin, getScrollElement: () => window as Window, initialOffset: () => scrollY,
      observeElementRect: observeWindowRect, observeElementOffset: observeWindowOffset, scrollToFn: windowScroll, onChange: () => this.requestUpdate(),
    };
    if (!this.list) {
      this.list = new Virtualizer<Window, Element>(options);
      this.atEnd(this.list._didMount());
      this.atEnd(() => { this.list = null; });
    } else this.list.setOptions(options);
    this.list._willUpdate();
    const found = this.list.getVirtualItems(), first = found[0]?.index ?? 0, last = found.at(-1)?.index ?? Math.min(items.length, 40) - 1;
    const shown = items.slice(first, last + 1), company = session.who?.tenant === null, columns = company ? 7 : 6;
    return html`<table class=${this.narrow ? "cardlist live" : "live"} aria-rowcount=${items.length}><caption class="vh">${t("live.title")}</caption>
      ${this.narrow ? nothing : html`<thead><tr><th scope="col">${t("live.state")}</th><th scope="col" class="r">${t("live.for")}</th><th scope="col">${t("live.caller")}</th><th scope="col">${t("live.with")}</th><th scope="col">${t("column.story")} <span class="q3">${t("live.story")}</span></th><th scope="col" class="r">${t("live.whole")}</th>${company ? html`<th scope="col">${t("live.switch")}</th>` : nothing}</tr></thead>`}
      <tbody @click=${this.opened}>${first ? html`<tr aria-hidden="true"><td class="room" colspan=${columns} height=${first * height}></td></tr>` : nothing}
        ${repeat(shown, (item) => ("row" in item ? item.row.call.call_id : `group ${item.group.name}`), (item) => ("row" in item ? (this.narrow ? this.card(item.row, at) : this.row(item.row, at, company)) : this.heading(item.group, columns)))}
        ${last < items.length - 1 ? html`<tr aria-hidden="true"><td class="room" colspan=${columns} height=${(items.length - 1 - last) * height}></td></tr>` : nothing}</tbody></table>`;
  }

  private heading(group: Group, columns: number): TemplateResult {
    const name = group.name === null ? (this.by === "queue" ? t("live.noqueue") : "?") : this.by === "queue" ? t("live.queue", {name: group.name}) : group.name;
    return html`<tr class="group"><th scope="rowgroup" colspan=${columns}>${name} <span class="n">${group.waits ? t("live.group.waits", {n: group.waits, time: duration(group.longest), all: group.rows.length}) : figure(group.rows.length, place)}</span></th></tr>`;
  }

  private row(one: Row, at: number, company: boolean): TemplateResult {
    const how = OF[one.state] ?? {kind: "sound", shape: "talk" as const}, long = (at - one.since) / 1_000;
    return html`<tr data-call=${one.call.call_id}><td>${state(how.kind, word("state", one.state), how.shape)}</td><td class="r b tm ${one.waits && long > LONG ? "warned" : ""}">${duration(long)}</td>
      <td class="ell"><a class="plain" href=${callPath(one.call.call_id)}><bdi>${one.caller}</bdi></a></td><td class="ell q2"><bdi>${one.others || (one.state === "queued" ? t("live.noagent") : "")}</bdi></td>
      <td>${this.story(one, at, 250)}</td><td class="r tm">${duration((at - one.began) / 1_000)}</td>${company ? html`<td class="q2">${one.switch.split("@")[1] ?? one.switch}</td>` : nothing}</tr>`;
  }

  private card(one: Row, at: number): TemplateResult {
    const how = OF[one.state] ?? {kind: "sound", shape: "talk" as const};
    return html`<tr><td><a class="plain card" href=${callPath(one.call.call_id)}><span class="row">${state(how.kind, word("state", one.state), how.shape)}<span class="b tm">${duration((at - one.since) / 1_000)}</span><span class="push tm">${duration((at - one.began) / 1_000)}</span></span>
      <span class="row"><span class="ell b"><bdi>${one.caller}</bdi></span><span class="q2 ell"><bdi>${one.others}</bdi></span></span></a></td></tr>`;
  }

  private story(one: Row, at: number, width: number): TemplateResult {
    const caller = one.call.from?.party, whole = (at - one.began) / 1_000, stretches: StoryStretch[] = (one.call.segments ?? [])
      .filter((s) => s.kind !== "record" && s.kind !== "monitor" && (s.parties.includes(caller ?? "") || s.kind === "ring"))
      .map((s) => ({kind: s.kind, begins: (millis(String(s.started_at)) - one.began) / 1_000, ends: s.ended_at ? (millis(String(s.ended_at)) - one.began) / 1_000 : null}));
    const own = stretches.filter((s) => s.kind !== "ring" || !stretches.some((o) => o.kind !== "ring" && o.begins <= s.begins && (o.ends ?? Infinity) > s.begins));
    return mini(own, SHOWN, width, {now: whole, from: whole - SHOWN});
  }

  private opened(event: MouseEvent): void {
    if ((event.target as Element).closest("a, button") || getSelection()?.toString()) return;
    const id = (event.target as Element).closest<HTMLElement>("tr[data-call]")?.dataset["call"];
    if (id) go(callPath(id));
  }
}

/** ms at which the day of an instant began, in the person's zone. */
function dayBegin(at: number): number {
  const parts = new Intl.DateTimeFormat("en-GB", {timeZone: place.zone, hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23"}).formatToParts(at);
  const part = (type: string): number => Number(parts.find((one) => one.type === type)?.value ?? 0);
  return Math.floor(at / 1_000) * 1_000 - (part("hour") * 3_600 + part("minute") * 60 + part("second")) * 1_000;
}
