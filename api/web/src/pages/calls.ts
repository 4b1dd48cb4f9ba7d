// The list of calls: a search that is an address, the sums of what it names, and rows as far as one scrolls.

import {observeWindowOffset, observeWindowRect, Virtualizer, windowScroll} from "@tanstack/virtual-core";
import {html, nothing, svg, type TemplateResult} from "lit";
import {repeat} from "lit/directives/repeat.js";
import {ask, Refused, type CallsPage, type Listed, type Sums} from "../api/client";
import {clock, day, duration, figure, isoDay, millis, moment, share} from "../format";
import {LANGUAGES, place, spoken, t, word, type Key} from "../i18n/index";
import {mini} from "../ladder/draw";
import {feed} from "../live/feed";
import {DIRECTIONS, glyph, OF, OUTCOMES, state} from "../parts/glyphs";
import {keys} from "../parts/keys";
import {Part} from "../parts/part";
import {Pages} from "../parts/window";
import {callPath, go} from "../router";
import {session} from "../session";
import {filterKey, filtersOf, FILTERS, searchOf, suggestions, withFilter, type Suggestion} from "./filters";

interface Column {
  name: string;
  end?: boolean;
  cell(call: Listed, list: Calls): unknown;
}
const seconds = (n: number | null | undefined): unknown => (n ? duration(n) : html`<span class="q3">–</span>`);
const COLUMNS: Column[] = [
  {name: "began", cell: (call) => moment(millis(String(call.started_at)), feed.now(), place)},
  {name: "direction", cell: (call) => html`<span class="q3" title=${word("direction", call.direction)}>${glyph(DIRECTIONS[call.direction] ?? "int")}<span class="vh">${word("direction", call.direction)}</span></span>`},
  {name: "from", cell: (call) => html`<bdi>${call.from_name || call.from_party || "?"}</bdi>`},
  {name: "dialled", cell: (call) => html`<bdi>${call.dialled ?? ""}</bdi>`},
  {name: "answered_by", cell: (call) => (call.answered_by ? html`<bdi>${call.answered_by}</bdi>` : html`<span class="q3">–</span>`)},
  {name: "outcome", cell: (call) => outcome(call)},
  {name: "story", cell: (call, list) => mini(call.story, list.scale, 190, {lost: OUTCOMES[call.outcome ?? ""]?.kind === "fail", ...(call.live ? {now: Math.min(list.scale, (feed.now() - millis(String(call.started_at))) / 1_000)} : {})})},
  {name: "queue", cell: (call) => call.queue ?? ""},
  {name: "waited", end: true, cell: (call) => seconds(call.waited_seconds)},
  {name: "talk", end: true, cell: (call) => html`${call.quality === "observed" ? nothing : html`<span class="doubt" title=${word("quality", call.quality)}>${glyph("doubt")}<span class="vh">${word("quality", call.quality)}</span></span> `}${seconds(call.talk_seconds)}`},
  {name: "duration", end: true, cell: (call) => seconds(call.duration_seconds)},
  {name: "moves", end: true, cell: (call) => call.transfers || ""},
  {name: "ended_by", cell: (call) => html`<bdi>${call.hangup_by === "switch" ? t("the.switch") : (call.hangup_by ?? "")}</bdi>`},
  {name: "company", cell: (call) => call.tenant ?? ""},
];
const USUAL = ["began", "direction", "from", "dialled", "answered_by", "outcome", "story", "waited", "talk", "moves"];
const KEPT = {columns: "harmony.columns", searches: "harmony.searches"};
const ROW = 32, CARD = 76;

export const outcome = (call: {live?: boolean; state: string; outcome?: string | null}): TemplateResult => {
  if (!call.outcome || call.live) {
    const now = OF[call.state] ?? {kind: "sound", shape: "talk" as const};
    return state(now.kind, word("state", call.state), now.shape);
  }
  const how = OUTCOMES[call.outcome] ?? {kind: "away", shape: "fail" as const};
  return state(how.kind, word("outcome", call.outcome), how.shape);
};

export class Calls extends Part {
  static override properties = {search: {attribute: false}, sums: {state: true}, said: {state: true}, typed: {state: true}, pick: {state: true}, narrow: {state: true}, columns: {state: true}, newer: {state: true}, blame: {state: true}, hit: {state: true}, focused: {state: true}};
  declare search: string;
  declare sums: Sums | null;
  declare said: string;
  declare typed: string;
  declare pick: number;
  declare narrow: boolean;
  declare columns: string[];
  declare newer: CallsPage | null;
  declare blame: {name: string; value: string; calls: number}[];
  declare hit: number;
  declare focused: boolean;
  /** seconds that the stories of all rows span */
  scale = 60;
  private pages!: Pages<Listed>;
  private list: Virtualizer<Window, Element> | null = null;
  private asked = "";
  private lately = 0;
  private timer = 0;

  constructor() {
    super();
    this.search = "";
    this.sums = null;
    this.said = "";
    this.typed = "";
    this.pick = -1;
    this.narrow = false;
    this.newer = null;
    this.blame = [];
    this.hit = 0;
    this.focused = false;
    this.columns = kept<string[]>(KEPT.columns) ?? USUAL;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    const narrow = matchMedia("(max-width: 1060px)");
    this.narrow = narrow.matches;
    this.hear(narrow, "change", () => { this.narrow = narrow.matches; this.list?.measure(); });
    this.hear(feed, "change", () => this.changed());
    this.atEnd(() => clearTimeout(this.timer));
    this.atEnd(keys([
      {key: "j", says: t("key.next"), does: () => this.move(1)},
      {key: "k", says: t("key.previous"), does: () => this.move(-1)},
      {key: "enter", says: t("key.open"), does: () => { const call = this.pages.row(this.pick); if (call) go(callPath(call.call_id)); }},
      {key: "e", says: t("calls.export"), does: () => this.querySelector<HTMLElement>(".exports a")?.focus()},
      {key: "l", says: t("copy.link"), does: () => void this.copy()},
      {key: "s", says: t("calls.save"), does: () => this.save()},
      {key: "/", says: t("calls.filter"), does: () => this.querySelector<HTMLInputElement>(".qbar input")?.focus()},
    ]));
  }

  override disconnectedCallback(): void {
    this.list?.setOptions({...this.list.options, enabled: false});
    this.list?._willUpdate();
    this.list = null;
    super.disconnectedCallback();
  }

  private get filters(): [string, string][] {
    return filtersOf(this.search);
  }
  private query(more: Record<string, string> = {}, filters = this.filters): string {
    return new URLSearchParams([...filters, ["time_zone", place.zone], ...Object.entries(more)]).toString();
  }

  protected override willUpdate(): void {
    const asked = searchOf(this.filters);
    if (this.pages && asked === this.asked) return;
    this.asked = asked;
    this.sums = null;
    this.said = "";
    this.newer = null;
    this.blame = [];
    this.pick = -1;
    this.pages = new Pages<Listed>(async (after, size) => {
      try {
        const page = await ask<CallsPage>(`/v1/calls?${this.query({view: "story", limit: String(size), ...(after ? {after} : {})})}`);
        if (after === null) this.measure(page.calls);
        return {rows: page.calls, next: page.next};
      } catch (problem) {
        this.said = problem instanceof Refused ? problem.message : t("away");
        throw problem;
      }
    }, () => this.requestUpdate());
    void this.count();
  }

  /** The scale of the stories: what nearly all of the first page need, a round number. */
  private measure(calls: Listed[]): void {
    const long = calls.map((call) => call.duration_seconds ?? 0).sort((a, b) => a - b)[Math.floor(calls.length * 0.95)] ?? 60;
    this.scale = [10, 30, 60, 120, 300, 600, 1_200, 3_600].find((one) => one >= long) ?? 7_200;
  }

  private async count(): Promise<void> {
    const asked = this.asked;
    try {
      const sums = await ask<Sums>(`/v1/call-sums?${this.query()}`);
      if (asked !== this.asked) return;
      this.sums = sums;
      if (!sums.calls && this.filters.length > 1) await this.findBlame(asked);
    } catch (problem) {
      if (asked === this.asked && problem instanceof Refused) this.said = problem.message;
    }
  }

  private async findBlame(asked: string): Promise<void> {
    const found = await Promise.all(this.filters.slice(0, 6).map(async ([name, value]) => {
      const without = await ask<Sums>(`/v1/call-sums?${this.query({}, withFilter(this.filters, name, null))}`);
      return {name, value, calls: without.calls};
    }));
    if (asked === this.asked) this.blame = found.filter((one) => one.calls);
  }

  /** Calls came or ended: look again, though not more often than every few seconds. */
  private changed(): void {
    if (this.timer) return;
    this.timer = window.setTimeout(() => {
      this.timer = 0;
      void this.again();
    }, Math.max(600, 4_000 - (Date.now() - this.lately)));
  }

  private async again(): Promise<void> {
    const asked = this.asked;
    this.lately = Date.now();
    const page = await ask<CallsPage>(`/v1/calls?${this.query({view: "story", limit: String(this.pages.size)})}`).catch(() => null);
    if (!page || asked !== this.asked) return;
    const first = this.pages.row(0);
    if (page.calls[0]?.call_id === first?.call_id && page.calls.every((call, n) => call.version === this.pages.row(n)?.version)) return;
    void this.count();
    if (scrollY < 60) this.show(page);
    else this.newer = page; // rows do not move under the pointer
  }

  private show(page: CallsPage): void {
    const picked = this.pages.row(this.pick)?.call_id;
    this.newer = null;
    this.pages.begin({rows: page.calls, next: page.next});
    if (picked) this.pick = page.calls.findIndex((call) => call.call_id === picked);
  }

  private move(by: number): void {
    this.pick = Math.max(0, Math.min(this.pages.count - 1, this.pick + by));
    this.list?.scrollToIndex(this.pick, {align: "auto"});
  }

  private set(name: string, value: string | null): void {
    go(`/calls${searchOf(withFilter(this.filters, name, value))}`);
  }

  private async copy(): Promise<void> {
    await navigator.clipboard.writeText(location.href).catch(() => undefined);
    this.said = t("copied");
    setTimeout(() => { this.said = ""; }, 3_000);
  }

  private searches(): {name: string; search: string}[] {
    return kept(KEPT.searches) ?? [];
  }
  private save(): void {
    const name = this.filters.map(([filter, value]) => shown(filter, value)).join(", ") || t("calls.all");
    localStorage.setItem(KEPT.searches, JSON.stringify([...this.searches().filter((one) => one.search !== this.asked), {name, search: this.asked}]));
    this.requestUpdate();
  }
  private forget(search: string): void {
    localStorage.setItem(KEPT.searches, JSON.stringify(this.searches().filter((one) => one.search !== search)));
    this.requestUpdate();
  }

  protected override render(): TemplateResult {
    const filters = this.filters, saved = this.searches();
    return html`
      <div class="head"><h1>${t("page.calls")}</h1>
        <span class="push row wrap">
          <details class="menu"><summary class="btn sm">${t("calls.columns")}</summary><div class="panel drop">${COLUMNS.filter((one) => one.name !== "company" || session.who?.tenant === null).map((one) => html`<label><input type="checkbox" .checked=${this.columns.includes(one.name)} @change=${() => this.turn(one.name)}>${t(`column.${one.name}` as Key)}</label>`)}</div></details>
          <span class="seg exports" role="group" aria-label=${t("calls.export")}>${(["csv", "parquet", "ndjson", "vcon", "otlp"] as const).map((kind) => html`<a href="/v1/call-export?${this.query({format: kind})}" download>${{csv: "CSV", parquet: "Parquet", ndjson: "NDJSON", vcon: "vCon", otlp: "OTLP"}[kind]}</a>`)}</span>
          <button class="btn sm" @click=${this.copy}>${t("copy.link")}<kbd>L</kbd></button>
          <button class="btn sm" @click=${this.save}>${t("calls.save")}<kbd>S</kbd></button>
        </span></div>
      ${this.bar(filters)}
      <p class="url"><span class="mono">/calls${searchOf(filters)}</span><span role="status" class="q2">${this.said}</span></p>
      <div class=${`lay ${saved.length ? "" : "alone"}`}>
        ${saved.length ? html`<aside class="saved" aria-label=${t("calls.saved")}><h2>${t("calls.saved")}</h2><ul>${saved.map((one) => html`<li class=${one.search === this.asked ? "on" : ""}><a class="plain ell" href="/calls${one.search}">${one.name}</a><button class="x" aria-label=${t("calls.forget", {name: one.name})} @click=${() => this.forget(one.search)}>×</button></li>`)}</ul></aside>` : nothing}
        <div class="col">${this.figures(filters)}${this.newer ? html`<button class="btn newer" @click=${() => { const page = this.newer; scrollTo({top: 0}); if (page) this.show(page); }}>${t("calls.newer")}</button>` : nothing}
        ${this.sums && !this.sums.calls ? this.nobody(filters) : html`<section class="panel vt">${this.narrow ? this.cards() : this.table()}</section>`}</div>
      </div>`;
  }

  private turn(name: string): void {
    this.columns = COLUMNS.map((one) => one.name).filter((one) => (one === name ? !this.columns.includes(name) : this.columns.includes(one)));
    localStorage.setItem(KEPT.columns, JSON.stringify(this.columns));
  }

  private bar(filters: [string, string][]): TemplateResult {
    const say = (key: string): string => String(LANGUAGES[spoken()]?.[key] ?? key);
    const found = this.focused ? suggestions(this.typed, say) : [], at = Math.min(this.hit, found.length - 1);
    return html`<div class="qbar">${glyph("search")}
      ${filters.map(([name, value]) => html`<span class="chip"><span class="k">${t(filterKey(name))}</span> <bdi>${value_of(name, value)}</bdi> <button class="x" aria-label=${t("calls.drop", {name: shown(name, value)})} @click=${() => this.set(name, null)}>×</button></span>`)}
      <span class="grow"><input role="combobox" aria-label=${t("calls.filter")} aria-expanded=${found.length > 0} aria-controls="filter-hits" aria-activedescendant=${found.length ? `filter-${at}` : nothing} placeholder=${t("calls.add")} autocomplete="off" spellcheck="false" .value=${this.typed}
        @focus=${() => { this.focused = true; }} @blur=${() => { this.focused = false; }} @input=${(e: InputEvent) => { this.typed = (e.target as HTMLInputElement).value; this.hit = 0; }} @keydown=${(e: KeyboardEvent) => this.key(e, found, at)}>
        <ul id="filter-hits" class="hits panel" role="listbox" aria-label=${t("calls.filter")} ?hidden=${!found.length}>${found.map((one, n) => html`<li id=${`filter-${n}`} role="option" aria-selected=${n === at} @pointerdown=${(e: Event) => { e.preventDefault(); this.choose(one); }}><span class="q3">${t(filterKey(one.name))}</span> ${one.value === null ? "…" : value_of(one.name, one.value)}</li>`)}</ul></span><kbd>/</kbd></div>`;
  }

  private key(event: KeyboardEvent, found: Suggestion[], at: number): void {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      this.hit = (at + (event.key === "ArrowDown" ? 1 : found.length - 1)) % Math.max(1, found.length);
    } else if (event.key === "Enter") {
      const one = found[at];
      if (one) this.choose(one);
    } else if (event.key === "Backspace" && !this.typed) {
      const last = this.filters.at(-1);
      if (last) this.set(last[0], null);
    } else if (event.key === "Escape") (event.target as HTMLInputElement).blur();
  }

  private choose(one: Suggestion): void {
    if (one.value === null) {
      this.typed = `${t(filterKey(one.name))} `;
      this.hit = 0;
    } else {
      this.typed = "";
      this.set(one.name, one.value);
    }
  }

  private figures(filters: [string, string][]): TemplateResult {
    const sums = this.sums, to = (name: string, value: string): string => `/calls${searchOf(withFilter(filters, name, value))}`;
    if (!sums) return html`<div class="sums" aria-busy="true"><dl>${["calls", "answered", "talk"].map((one) => html`<div><dt>${t(`sum.${one}` as Key)}</dt><dd class="q3">…</dd></div>`)}</dl></div>`;
    const one = (key: Key, n: number, name: string, value: string): TemplateResult => html`<div><dt>${t(key)}</dt><dd><a class="plain" href=${to(name, value)}>${figure(n, place)}</a> <small>${share(n, sums.calls, place)}</small></dd></div>`;
    const outcomes = sums.outcomes as Record<string, number>, missed = (outcomes["no_answer"] ?? 0) + (outcomes["cancelled"] ?? 0);
    return html`<div class="sums"><dl>
      <div><dt>${t("sum.calls")}</dt><dd>${figure(sums.calls, place)}</dd></div>
      ${one("sum.answered", sums.answered, "answered", "true")}
      ${outcomes["abandoned"] ? one("sum.abandoned", outcomes["abandoned"], "outcome", "abandoned") : nothing}
      ${missed ? one("sum.missed", outcomes["no_answer"] ?? 0, "outcome", "no_answer") : nothing}
      ${outcomes["voicemail"] ? one("sum.voicemail", outcomes["voicemail"], "outcome", "voicemail") : nothing}
      <div><dt>${t("sum.talk")}</dt><dd>${duration(sums.talk_seconds)}</dd></div>
      ${sums.median_wait_seconds === null || sums.median_wait_seconds === undefined ? nothing : html`<div><dt>${t("sum.wait")}</dt><dd>${duration(sums.median_wait_seconds)}</dd></div>`}
    </dl>${this.picture(sums, filters)}</div>`;
  }

  /** When the calls began: each bar leads to its own. */
  private picture(sums: Sums, filters: [string, string][]): TemplateResult | typeof nothing {
    const width = sums.bar_seconds, bars = sums.bars.map((bar) => ({...bar, at: millis(bar.at) / 1_000})), first = bars[0], last = bars.at(-1);
    if (!width || !first || !last || first === last) return nothing;
    const n = Math.round((last.at - first.at) / width) + 1, step = 296 / n, most = Math.max(...bars.map((bar) => bar.calls));
    const says = (at: number): string => (width >= 86_400 ? day(at * 1_000, place) : clock(at * 1_000, place).slice(0, 5));
    const to = (at: number): string => `/calls${searchOf(withFilter(withFilter(filters, "since", new Date(at * 1_000).toISOString().slice(0, 19) + "Z"), "until", new Date((at + width) * 1_000).toISOString().slice(0, 19) + "Z"))}`;
    return html`<figure class="push only-w"><svg viewBox="0 0 300 46" width="300" height="46" class="bars" role="group" aria-label=${t("calls.when")}>
      ${bars.map((bar) => {
        const x = 2 + Math.round((bar.at - first.at) / width) * step, high = Math.max(1, (bar.calls / most) * 30), good = (bar.answered / most) * 30;
        return svg`<a href=${to(bar.at)} aria-label="${says(bar.at)}: ${bar.calls}"><title>${says(bar.at)}: ${t("n.calls", {n: bar.calls})}</title><rect class="hit" x=${x} y="0" width=${step} height="34"/><rect class="all" x=${x} y=${34 - high} width=${Math.max(1, step - 1.5)} height=${high}/><rect class="good" x=${x} y=${34 - good} width=${Math.max(1, step - 1.5)} height=${good}/></a>`;
      })}<path class="axis" d="M0 34.5H298"/><text x="2" y="45">${says(first.at)}</text><text x="298" y="45" text-anchor="end">${says(last.at + width)}</text></svg></figure>`;
  }

  private nobody(filters: [string, string][]): TemplateResult {
    if (!filters.length) return html`<section class="panel empty"><h2>${t("calls.none")}</h2><p>${t("calls.none.says")}</p></section>`;
    return html`<section class="panel empty"><h2>${t("calls.nofit", {n: filters.length})}</h2>
      ${this.blame.length ? html`<p>${this.blame.map((one) => html`<span>${t("calls.without", {name: shown(one.name, one.value), n: one.calls})} </span>`)}</p>` : nothing}
      <p class="row wrap">${filters.map(([name, value]) => html`<button class="btn" @click=${() => this.set(name, null)}>${t("calls.drop", {name: shown(name, value)})}</button>`)}</p></section>`;
  }

  /** The rows near the eye, and the room of those above and below. */
  private window(height: number): {rows: {n: number; call: Listed | null}[]; above: number; below: number} {
    const count = this.pages.count, margin = (this.querySelector<HTMLElement>(".vt")?.offsetTop ?? 260) + height;
    const options = {
      count, estimateSize: () => height, overscan: 12, scrollMargin: margin, getScrollElement: () => window as Window,
      observeElementRect: observeWindowRect, observeElementOffset: observeWindowOffset, scrollToFn: windowScroll, initialOffset: () => scrollY,
      onChange: () => this.requestUpdate(),
    };
    if (!this.list) {
      this.list = new Virtualizer<Window, Element>(options);
      const unmount = this.list._didMount();
      this.atEnd(unmount);
    } else this.list.setOptions(options);
    this.list._willUpdate();
    let items = this.list.getVirtualItems();
    if (!items.length && count) items = Array.from({length: Math.min(count, 40)}, (_, index) => ({index, start: margin + index * height, end: margin + (index + 1) * height})) as typeof items;
    const first = items[0], last = items.at(-1);
    this.pages.need(first?.index ?? 0, last?.index ?? 0);
    return {
      rows: items.map(({index}) => ({n: index, call: this.pages.row(index)})),
      above: first ? first.start - margin : 0, below: last ? Math.max(0, (count - last.index - 1) * height) : 0,
    };
  }

  private table(): TemplateResult {
    const columns = COLUMNS.filter((one) => this.columns.includes(one.name)), {rows, above, below} = this.window(ROW);
    return html`<table aria-rowcount=${this.pages.whole ? this.pages.count : (this.sums?.calls ?? -1)}>
      <caption class="vh">${t("page.calls")}</caption>
      <thead><tr>${columns.map((one) => html`<th scope="col" class=${one.end ? "r" : ""}>${one.name === "direction" ? html`<span class="vh">${t("column.direction")}</span>` : t(`column.${one.name}` as Key)}${one.name === "story" ? html` <span class="q3">0 – ${duration(this.scale)}</span>` : nothing}</th>`)}</tr></thead>
      <tbody @click=${this.opened}>${above ? html`<tr aria-hidden="true"><td class="room" colspan=${columns.length} height=${above}></td></tr>` : nothing}
      ${repeat(rows, ({n, call}) => call?.call_id ?? n, ({n, call}) => (call
        ? html`<tr data-call=${call.call_id} aria-rowindex=${n + 1} class=${n === this.pick ? "pick" : ""}>${columns.map((one, first) => html`<td class="${one.end ? "r" : ""} c-${one.name}">${first ? one.cell(call, this) : html`<a class="plain" href=${callPath(call.call_id)}>${one.cell(call, this)}</a>`}</td>`)}</tr>`
        : html`<tr><td colspan=${columns.length}><span class="ghost"></span></td></tr>`))}
      ${below ? html`<tr aria-hidden="true"><td class="room" colspan=${columns.length} height=${below}></td></tr>` : nothing}</tbody></table>`;
  }

  private opened(event: MouseEvent): void {
    if ((event.target as Element).closest("a, button") || getSelection()?.toString()) return;
    const id = (event.target as Element).closest<HTMLElement>("tr[data-call]")?.dataset["call"];
    if (id) go(callPath(id));
  }

  private cards(): TemplateResult {
    const {rows, above, below} = this.window(CARD);
    return html`<table class="cardlist"><caption class="vh">${t("page.calls")}</caption><tbody>${above ? html`<tr aria-hidden="true"><td class="room" height=${above}></td></tr>` : nothing}
      ${repeat(rows, ({n, call}) => call?.call_id ?? n, ({n, call}) => (call ? html`<tr class=${n === this.pick ? "pick" : ""}><td><a class="plain card" href=${callPath(call.call_id)}>
        <span class="row"><span class="b ell"><bdi>${call.from_name || call.from_party || "?"}</bdi></span><span class="q3 ell"><bdi>${call.answered_by ?? call.dialled ?? ""}</bdi></span><span class="push nw">${moment(millis(String(call.started_at)), feed.now(), place)}</span></span>
        <span class="row">${outcome(call)}<span class="push">${mini(call.story, this.scale, 120, {lost: OUTCOMES[call.outcome ?? ""]?.kind === "fail"})}</span><span class="nw r w4">${call.talk_seconds ? duration(call.talk_seconds) : "–"}</span></span></a></td></tr>`
        : html`<tr><td height=${CARD}><span class="ghost"></span></td></tr>`))}
      ${below ? html`<tr aria-hidden="true"><td class="room" height=${below}></td></tr>` : nothing}</tbody></table>`;
  }
}

const value_of = (name: string, value: string): string => {
  const kind = FILTERS.find((one) => one.name === name);
  if (kind?.kind === "yes") return t(value === "false" ? "yes.false" : "yes.true");
  if (kind?.kind === "seconds") return duration(Number(value) || 0);
  if (kind?.kind === "time") return value === "today" || value === "yesterday" ? t(`when.${value}` as Key) : /T\d/.test(value) ? whenShown(value) : value;
  return kind?.words ? word(kind.words, value) : value;
};
const whenShown = (value: string): string => {
  const ms = Date.parse(value);
  return Number.isFinite(ms) ? `${isoDay(ms, place)} ${clock(ms, place)}` : value;
};
const shown = (name: string, value: string): string => `${t(filterKey(name))} ${value_of(name, value)}`;

function kept<T>(key: string): T | null {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "null") as T | null;
  } catch {
    return null;
  }
}
