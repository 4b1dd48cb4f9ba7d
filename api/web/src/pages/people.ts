// Colleagues by group, each with a lamp: whom one can reach now, or could then; call, pick up, and hand a call over here.

import {observeWindowOffset, observeWindowRect, Virtualizer, windowScroll} from "@tanstack/virtual-core";
import {html, nothing, type TemplateResult} from "lit";
import {repeat} from "lit/directives/repeat.js";
import {ask, Refused, type Person} from "../api/client";
import {order, type Outcome} from "../calling";
import {favourites} from "../favourites";
import {clock, dayLong, duration, figure} from "../format";
import {place, t, type Key} from "../i18n/index";
import {feed} from "../live/feed";
import {glyph, state} from "../parts/glyphs";
import {keys} from "../parts/keys";
import {does, LAMPS, shape} from "../parts/lamp";
import {Part} from "../parts/part";
import type {Who} from "../parts/who";
import {past} from "../past";
import {circles, fits, typed, type Circle} from "../people";
import {go} from "../router";
import {session} from "../session";
import {mine, type Mine} from "./mine";

/** rows up to which all are drawn */
const FEW = 200;
const ROW = 34, ACTS = 44, HEAD = 40;
const STATES: Person["state"][] = ["free", "talking", "ringing", "dialling", "held", "do_not_disturb", "away", "not_registered", "unknown"];
const MOVES = new Set(["talks", "holds"]);
type Item = {head: Circle} | {one: Person; key: string};

export class People extends Part {
  static override properties = {text: {state: true}, only: {state: true}, picked: {state: true}, said: {state: true}, over: {state: true}, moving: {state: true}, then: {state: true}};
  declare text: string;
  declare only: Person["state"] | null;
  /** the circle and the user of the row that keys act on */
  declare picked: string;
  declare said: Outcome | null;
  /** the row that a call is dragged over */
  declare over: string;
  /** whether a target is typed for the call at hand */
  declare moving: boolean;
  declare then: {at: number; people: Person[]} | null;
  private dragged: string | null = null;
  private asking = false;
  private wanted: number | null = null;
  private list: Virtualizer<Window, Element> | null = null;

  constructor() {
    super();
    this.text = "";
    this.only = null;
    this.picked = "";
    this.said = null;
    this.over = "";
    this.moving = false;
    this.then = null;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void favourites.look(true);
    this.hear(favourites, "change", () => this.requestUpdate());
    this.hear(feed, "change", () => past.at === null && this.requestUpdate());
    this.hear(feed, "tick", () => past.at === null && this.requestUpdate());
    this.hear(past, "change", () => { if (past.at === null) this.now(); });
    this.atEnd(() => past.end());
    const on = (act: (one: Person) => void) => () => { const one = this.at(this.picked); if (one) act(one); };
    this.atEnd(keys([
      {key: "arrowdown", says: t("key.next"), does: () => this.step(1)}, {key: "arrowup", says: t("key.previous"), does: () => this.step(-1)},
      {key: "j", says: t("key.next"), does: () => this.step(1)}, {key: "k", says: t("key.previous"), does: () => this.step(-1)},
      {key: "f", says: t("people.filter"), does: () => this.querySelector<HTMLInputElement>(".filter input")?.focus()},
      {key: "t", says: t("people.move"), does: () => { const one = this.at(this.picked); if (one) void this.move(one, "attended"); else this.begin(); }},
      {key: "shift t", says: t("people.move.now"), does: on((one) => void this.move(one, "blind"))},
      {key: "u", says: t("people.pickup"), does: on((one) => void this.pickUp(one))}, {key: "s", says: t("people.mark"), does: on((one) => void this.mark(one))},
      {key: "[", says: t("live.back"), does: () => void this.to(this.instant - 1_000)}, {key: "]", says: t("live.on"), does: () => void this.to(this.instant + 1_000)},
      {key: "escape", says: t("key.back"), does: () => this.back()},
    ]));
    const asked = Date.parse(new URLSearchParams(location.search).get("at") ?? "");
    if (Number.isFinite(asked)) void this.to(asked);
  }

  // -- what is shown

  private get instant(): number {
    return past.at ?? feed.now();
  }
  private get people(): Iterable<Person> {
    return past.at === null ? feed.picture.people.values() : (this.then?.people ?? []);
  }
  private get calls(): Mine[] {
    return past.at === null && session.user ? mine(feed.picture.calls.values(), session.user.split("@")[0] ?? "") : [];
  }
  /** The call that a transfer moves. */
  private get moves(): Mine | undefined {
    const calls = this.calls.filter((one) => MOVES.has(one.doing));
    return calls.find((one) => one.call.call_id === this.dragged) ?? calls[0];
  }
  private get may(): boolean {
    return past.at === null && session.user !== null && session.may("control") && feed.connection().state !== "stale";
  }

  private at(key: string): Person | undefined {
    const user = key.slice(key.indexOf("\n") + 1);
    for (const one of this.people) if (one.user === user) return one;
    return undefined;
  }

  private shown(): Circle[] {
    const given = typed(this.text);
    const people = [...this.people].filter((one) => (this.only === null || one.state === this.only) && (!given.length || fits(one, given)));
    return circles(people, favourites.list);
  }

  // -- what is done

  private async give(who: string, path: string, body: unknown): Promise<void> {
    this.said = {good: true, says: `${who}: …`};
    const done = await order(path, body);
    this.said = {good: done.good, says: `${who}: ${done.says}`};
  }
  private async call(one: Person): Promise<void> {
    if (!this.may || one.user === session.user) return;
    await this.give(t("field.call", {who: one.name}), "/v1/calls", {from: session.user, to: one.number});
  }
  private async pickUp(one: Person): Promise<void> {
    if (!this.may || one.state !== "ringing" || !one.call_id || one.user === session.user) return;
    await this.give(t("people.picks", {who: one.name}), `/v1/calls/${encodeURIComponent(one.call_id)}/pickup`, {user: session.user, party: one.number});
  }
  private async move(one: Person | string, kind: "attended" | "blind"): Promise<void> {
    const call = this.moves, to = typeof one === "string" ? one : one.number, name = typeof one === "string" ? one : one.name;
    if (!this.may || !call) {
      this.said = {good: false, says: t("people.move.none")};
      return;
    }
    this.moving = false;
    await this.give(t("people.moves", {who: call.name, to: name}), `/v1/calls/${encodeURIComponent(call.call.call_id)}/transfer`, {kind, to, by: session.user?.split("@")[0]});
  }
  private async mark(one: Person): Promise<void> {
    try {
      await favourites.mark(one.user, !favourites.set.has(one.user));
    } catch (problem) {
      this.said = {good: false, says: problem instanceof Refused ? problem.message : t("away")};
    }
  }
  private begin(): void {
    this.moving = this.may && this.moves !== undefined;
    if (!this.moving) this.said = {good: false, says: t("people.move.none")};
    else void this.updateComplete.then(() => this.querySelector<Who>("harmony-who")?.focus());
  }

  // -- keys and the mouse

  private back(): void {
    if (this.moving) this.moving = false;
    else if (past.at !== null) past.end();
    else if (this.picked) this.picked = "";
    else { this.text = ""; this.only = null; }
  }
  private step(by: 1 | -1): void {
    const rows = this.shown().flatMap((circle) => circle.people.map((one) => `${circle.name}\n${one.user}`)), at = rows.indexOf(this.picked);
    const next = rows[at < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.max(0, Math.min(rows.length - 1, at + by))];
    if (next !== undefined) this.pick(next);
  }
  private pick(key: string): void {
    this.picked = key;
    this.list?.measure();
    void this.updateComplete.then(() => {
      const line = this.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`);
      line?.focus();
      line?.scrollIntoView({block: "nearest"});
    });
  }
  private drop(event: DragEvent, one: Person): void {
    event.preventDefault();
    this.over = "";
    if (this.dragged) void this.move(one, event.shiftKey ? "blind" : "attended").finally(() => { this.dragged = null; });
  }

  // -- the past

  private now(): void {
    this.then = null;
    if (location.pathname === "/people") history.replaceState(null, "", "/people");
    this.requestUpdate();
  }
  /** Show another time; of what is asked for while an answer is under way the last is asked next. */
  private async to(at: number): Promise<void> {
    if (at >= feed.now()) return past.end();
    past.set(at);
    this.wanted = at;
    if (this.asking) return;
    this.asking = true;
    try {
      while (this.wanted !== null) {
        const asked: number = this.wanted, iso = new Date(asked).toISOString();
        this.wanted = null;
        const found = await ask<{people: Person[]}>(`/v1/people?at=${iso}`);
        if (past.at === null) break;
        this.then = {at: asked, people: found.people};
        history.replaceState(null, "", `/people?at=${iso}`);
      }
    } catch (problem) {
      this.said = {good: false, says: problem instanceof Refused ? problem.message : t("away")};
    } finally {
      this.asking = false;
    }
  }

  // -- drawing

  protected override render(): TemplateResult {
    const shown = this.shown(), all = [...this.people], rows = shown.reduce((sum, one) => sum + one.people.length, 0), counts = new Map<Person["state"], number>();
    for (const one of all) counts.set(one.state, (counts.get(one.state) ?? 0) + 1);
    return html`${past.at === null ? nothing : this.scrubber(past.at)}
      <div class="head"><h1>${t("page.people")}</h1><span class="q2 s13">${t("people.count", {n: all.length})}</span>
        <span class="push row wrap">${past.at === null ? html`<button class="btn sm" @click=${() => void this.to(feed.now() - 60_000)}>${glyph("past")}${t("live.past")}</button>` : nothing}
        <label class="cmd filter">${glyph("search")}<span class="vh">${t("people.filter")}</span><input class="txt" placeholder=${t("people.filter")} autocomplete="off" spellcheck="false" .value=${this.text} @input=${(e: InputEvent) => { this.text = (e.target as HTMLInputElement).value; }} @keydown=${this.filtering}><kbd>F</kbd></label></span></div>
      <div class="row wrap lampsum">${STATES.filter((one) => counts.get(one)).map((one) => html`<button class="chip ${this.only === one ? "on" : ""}" aria-pressed=${this.only === one} @click=${() => { this.only = this.only === one ? null : one; }}><span class="st ${LAMPS[one].kind}">${glyph(LAMPS[one].shape)}</span><b class="b">${figure(counts.get(one) ?? 0, place)}</b> ${t(`people.sum.${one}` as Key, {n: counts.get(one) ?? 0})}</button>`)}
        ${past.at === null ? html`<span class="push s12 q3 only-w"><kbd>↑</kbd> <kbd>↓</kbd> ${t("people.keys.move")} <kbd>Enter</kbd> ${t("people.keys.call")} <kbd>T</kbd> ${t("people.keys.transfer")} <kbd>U</kbd> ${t("people.keys.pickup")} <kbd>S</kbd> ${t("people.keys.mark")}</span>` : nothing}</div>
      ${this.mine()}
      <p class="s13 said" role="status">${this.said ? state(this.said.good ? "talk" : "fail", this.said.says, this.said.good ? "ok" : "fail") : ""}</p>
      ${rows ? (rows > FEW ? this.long(shown) : html`<div class="circles">${repeat(shown, (one) => String(one.name), (one) => this.circle(one))}</div>`) : this.empty(all.length)}`;
  }

  private filtering(event: KeyboardEvent): void {
    if (event.key === "Escape") {
      if (this.text) event.stopPropagation();
      this.text = "";
      (event.target as HTMLInputElement).blur();
    } else if (event.key === "ArrowDown" || event.key === "Enter") {
      event.preventDefault();
      this.picked = "";
      this.step(1);
    }
  }

  /** My calls: what is dragged on a lamp, or typed a target for. */
  private mine(): TemplateResult | typeof nothing {
    const calls = this.calls, now = feed.now(), call = this.moves;
    if (!calls.length) return nothing;
    const give = (verb: string, one: Mine): void => void this.give(one.name, `/v1/calls/${encodeURIComponent(one.call.call_id)}/${verb}`, {});
    return html`<section class="panel mystrip" aria-label=${t("people.mine")}><div class="row wrap"><span class="q3 s12">${t("people.mine")}</span>${calls.map((one) => html`<span class="chip ${MOVES.has(one.doing) ? "drags" : ""}" draggable=${MOVES.has(one.doing) ? "true" : "false"}
        @dragstart=${(e: DragEvent) => { this.dragged = one.call.call_id; e.dataTransfer?.setData("text/plain", one.call.call_id); if (e.dataTransfer) e.dataTransfer.effectAllowed = "move"; }} @dragend=${() => { this.over = ""; }}>${state(doing(one), "", SHAPE[doing(one)])}<b class="b"><bdi>${one.name}</bdi></b><span class="tm">${duration((now - one.since) / 1_000)}</span></span>${
        one.doing === "consults" ? html`<button class="btn sm main-act" ?disabled=${!this.may} @click=${() => give("transfer/complete", one)}>${t("do.complete")}</button><button class="btn sm" ?disabled=${!this.may} @click=${() => give("transfer/cancel", one)}>${t("do.cancel")}</button>` : nothing}`)}
      ${call ? (this.moving ? html`<form class="row wrap move grow" @submit=${(e: Event) => { e.preventDefault(); this.typed("attended"); }} @keydown=${(e: KeyboardEvent) => { if (e.key === "Enter" && e.shiftKey) { e.preventDefault(); this.typed("blind"); } else if (e.key === "Escape") { e.stopPropagation(); this.moving = false; } }}><span class="q2 s13">${t("move.who", {who: call.name})}</span><harmony-who class="grow" .label=${t("move.who", {who: call.name})}></harmony-who>
          <button class="btn sm main-act">${t("move.ask")}<kbd>Enter</kbd></button><button class="btn sm" type="button" @click=${() => this.typed("blind")}>${t("move.now")}<kbd>Shift Enter</kbd></button></form>`
        : html`<button class="btn sm" ?disabled=${!this.may} @click=${() => this.begin()}>${t("do.transfer")}<kbd>T</kbd></button><span class="q3 s12 only-w">${t("people.drag")}</span>`) : nothing}</div></section>`;
  }

  private typed(kind: "attended" | "blind"): void {
    const to = this.querySelector<Who>("harmony-who")?.number();
    if (to) void this.move(to, kind);
  }

  private circle(one: Circle): TemplateResult {
    return html`<section class="panel"><header><h2>${title(one)} <span class="n">${figure(one.people.length, place)}</span></h2><span class="push s12 q3">${t("people.free", {n: one.people.filter((p) => p.state === "free").length})}</span></header>
      <ul>${repeat(one.people, (p) => p.user, (p) => this.line(p, `${one.name}\n${p.user}`))}</ul></section>`;
  }

  /** All groups as one list, of which what is in sight is drawn. */
  private long(shown: Circle[]): TemplateResult {
    const items: Item[] = shown.flatMap((circle): Item[] => [{head: circle}, ...circle.people.map((one) => ({one, key: `${circle.name}\n${one.user}`}))]);
    const height = (n: number): number => { const item = items[n]; return item && "head" in item ? HEAD : item && item.key === this.picked ? ROW + ACTS : ROW; };
    const options = {
      count: items.length, estimateSize: height, overscan: 12, scrollMargin: this.querySelector<HTMLElement>(".long")?.offsetTop ?? 220, getScrollElement: () => window as Window, initialOffset: () => scrollY,
      observeElementRect: observeWindowRect, observeElementOffset: observeWindowOffset, scrollToFn: windowScroll, onChange: () => this.requestUpdate(),
    };
    if (!this.list) {
      this.list = new Virtualizer<Window, Element>(options);
      this.atEnd(this.list._didMount());
      this.atEnd(() => { this.list = null; });
    } else this.list.setOptions(options);
    this.list._willUpdate();
    const found = this.list.getVirtualItems(), first = found[0]?.index ?? 0, last = found.at(-1)?.index ?? Math.min(items.length, 40) - 1;
    const room = (from: number, to: number): number => { let sum = 0; for (let n = from; n < to; n++) sum += height(n); return sum; };
    return html`<section class="panel long"><svg width="1" height=${room(0, first)} aria-hidden="true"></svg><ul aria-label=${t("page.people")}>${repeat(items.slice(first, last + 1), (item) => ("head" in item ? `head ${item.head.name}` : item.key), (item) =>
      "head" in item ? html`<li class="long-head"><h2>${title(item.head)} <span class="n">${figure(item.head.people.length, place)}</span></h2></li>` : this.line(item.one, item.key))}</ul><svg width="1" height=${room(last + 1, items.length)} aria-hidden="true"></svg></section>`;
  }

  private line(one: Person, key: string): TemplateResult {
    const picked = key === this.picked, over = key === this.over, self = one.user === session.user;
    return html`<li class="person ${picked ? "picked" : ""} ${over ? "drop-here" : ""}" @dragover=${(e: DragEvent) => { if (this.dragged && !self) { e.preventDefault(); this.over = key; } }} @dragleave=${() => { if (this.over === key) this.over = ""; }} @drop=${(e: DragEvent) => this.drop(e, one)}>
      <button class="line lamp" data-key=${key} aria-expanded=${picked} @click=${() => this.pick(picked ? "" : key)} @dblclick=${() => void this.call(one)} @keydown=${(e: KeyboardEvent) => { if (e.key === "Enter") { e.preventDefault(); void this.call(one); } }}>${shape(one)}<span class="ell"><bdi>${one.name}</bdi> <span class="q3">${one.number}</span></span>${does(one, this.instant)}</button>
      ${over ? html`<span class="hint">${t("people.drop")} · <kbd>Shift</kbd> ${t("move.now")}</span>` : nothing}
      ${!picked && this.may && !self ? html`<button class="btn sm quick" tabindex="-1" aria-hidden="true" @click=${() => void this.call(one)}>${t("do.call")}</button>` : nothing}
      ${picked ? this.acts(one, self) : nothing}</li>`;
  }

  private acts(one: Person, self: boolean): TemplateResult {
    const off = !this.may || self;
    return html`<div class="row wrap acts"><button class="btn sm main-act" ?disabled=${off} @click=${() => void this.call(one)}>${t("do.call")}<kbd>Enter</kbd></button>
      ${this.moves ? html`<button class="btn sm" ?disabled=${off} @click=${() => void this.move(one, "attended")}>${t("people.move")}<kbd>T</kbd></button>` : nothing}
      ${one.state === "ringing" && one.call_id ? html`<button class="btn sm" ?disabled=${off} @click=${() => void this.pickUp(one)}>${t("people.pickup")}<kbd>U</kbd></button>` : nothing}
      ${session.user ? html`<button class="btn sm" aria-pressed=${favourites.set.has(one.user)} @click=${() => void this.mark(one)}>${glyph("star")}${favourites.set.has(one.user) ? t("people.unmark") : t("people.mark")}<kbd>S</kbd></button>` : nothing}
      <button class="btn sm quiet" @click=${() => go(`/calls?user=${encodeURIComponent(one.user)}`)}>${t("page.calls")}</button></div>`;
  }

  private empty(all: number): TemplateResult {
    return all ? html`<section class="panel empty"><h2>${t("people.nofit")}</h2><p><button class="btn" @click=${() => { this.text = ""; this.only = null; }}>${t("people.all")}</button></p></section>`
      : html`<section class="panel empty"><h2>${t("people.none")}</h2><p>${t("people.none.says")}</p></section>`;
  }

  private scrubber(at: number): TemplateResult {
    const local = new Date(at - new Date(at).getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
    return html`<section class="panel scrub" aria-label=${t("conn.past")}><div class="row wrap"><span class="st past">${glyph("past")}${t("conn.past")}</span><h2>${t("live.as_it_was", {day: dayLong(at, place), time: clock(at, place)})}</h2>
      <span class="push row wrap"><button class="btn sm" @click=${() => void this.to(at - 60_000)}>${t("people.minute.back")}</button><input type="datetime-local" step="1" aria-label=${t("live.time")} .value=${local} @change=${(e: Event) => { const given = Date.parse((e.target as HTMLInputElement).value); if (Number.isFinite(given)) void this.to(given); }}>
      <button class="btn sm" @click=${() => void this.to(at + 60_000)}>${t("people.minute.on")}</button><button class="btn sm main-act" @click=${() => past.end()}>${t("live.now")}<kbd>Esc</kbd></button></span></div></section>`;
  }
}

const title = (one: Circle): TemplateResult => html`${one.name === "" ? html`${glyph("star")} ${t("people.favourites")}` : (one.name ?? t("people.alone"))}`;
const doing = (one: Mine): "talk" | "consult" | "hold" | "ring" =>
  one.doing === "talks" || one.doing === "conference" ? "talk" : one.doing === "consults" ? "consult" : one.doing === "holds" || one.doing === "held" ? "hold" : "ring";
const SHAPE = {talk: "talk", consult: "consult", hold: "hold", ring: "ring"} as const;
