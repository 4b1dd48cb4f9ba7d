// One call: its ladder, what each stretch of it was, why its legs are one call, and for operators the events behind it.

import {html, nothing, type PropertyValues, type TemplateResult} from "lit";
import {ask, getCall, Refused, type Call, type CloudEvent, type EventPage} from "../api/client";
import {clock, clockFine, day, duration, figure, millis, plain, stretch} from "../format";
import {place, t, word} from "../i18n/index";
import {bar_of} from "../ladder/draw";
import {score} from "../ladder/layout";
import type {Scale} from "../ladder/time";
import {feed} from "../live/feed";
import {differences, leg_of, type Raw} from "./raw";
import {OF, state} from "../parts/glyphs";
import {keys} from "../parts/keys";
import {Part} from "../parts/part";
import {callPath, go} from "../router";
import {session} from "../session";
import {outcome} from "./calls";
import {searchOf} from "./filters";
import type {Notes} from "./notes";
import type {Recording} from "./recording";

export class OneCall extends Part {
  static override properties = {call_id: {}, call: {state: true}, said: {state: true}, scale: {state: true}, times: {state: true}, picked: {state: true}, raw: {state: true}, all: {state: true}, busy: {state: true}, cursor: {state: true}};
  declare call_id: string;
  declare call: Call | null;
  declare said: string;
  declare scale: Scale;
  declare times: "clock" | "start";
  declare picked: number | null;
  declare raw: Raw[] | null;
  declare all: boolean;
  declare busy: boolean;
  /** seconds into the call at which its recording is heard */
  declare cursor: number | null;
  private epoch = -1;

  constructor() {
    super();
    this.call_id = "";
    this.call = null;
    this.said = "";
    this.scale = (localStorage.getItem("harmony.scale") as Scale | null) ?? "folded";
    this.times = "clock";
    const asked = new URLSearchParams(location.search).get("segment");
    this.picked = asked === null ? null : Number(asked);
    this.raw = null;
    this.all = false;
    this.busy = false;
    this.cursor = null;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.hear(feed, "change", () => this.grow());
    this.atEnd(keys([
      {key: "[", says: t("call.previous"), does: () => this.step(-1)}, {key: "]", says: t("call.next"), does: () => this.step(1)},
      {key: "arrowleft", says: t("call.previous"), does: () => this.step(-1)}, {key: "arrowright", says: t("call.next"), does: () => this.step(1)},
      {key: " ", says: t("recording.play"), does: () => this.recording?.toggle()},
      {key: "n", says: t("notes.note"), does: () => this.notes("note")}, {key: "t", says: t("notes.tag"), does: () => this.notes("tag")},
      {key: "l", says: t("copy.link"), does: () => void this.copy()},
      ...(session.may("operate") ? [{key: "e", says: t("call.events"), does: () => void this.events()}] : []),
      {key: "escape", says: t("key.back"), does: () => { if (this.picked !== null) this.pick(null); else history.back(); }},
    ]));
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has("call_id")) {
      this.call = null;
      this.raw = null;
      void this.load();
    }
  }

  private async load(): Promise<void> {
    const id = this.call_id;
    try {
      const found = await getCall(id);
      if (id !== this.call_id) return;
      if (found.call_id !== id) go(callPath(found.call_id) + location.search, true);
      if (!this.call || found.version >= this.call.version) this.call = found;
      this.said = "";
    } catch (problem) {
      this.said = problem instanceof Refused ? problem.message : t("away");
    }
  }

  /** The stream tells of this call, too: it grows here. What was missed meanwhile is asked for. */
  private grow(): void {
    const id = this.call?.call_id ?? this.call_id;
    const told = feed.picture.calls.get(id) ?? feed.picture.ended.find((one) => one.call_id === id);
    if (told && told.version > (this.call?.version ?? -1)) this.call = told;
    if (this.epoch !== feed.picture.epoch) {
      if (this.epoch >= 0 && this.call && !this.call.ended_at) void this.load();
      this.epoch = feed.picture.epoch;
    }
  }

  private pick(n: number | null): void {
    this.picked = n;
    history.replaceState(null, "", location.pathname + (n === null ? "" : `?segment=${n}`));
  }
  private step(by: number): void {
    const order = this.segments().map((one) => one.n), at = this.picked === null ? (by > 0 ? -1 : order.length) : order.indexOf(this.picked);
    const next = order[Math.max(0, Math.min(order.length - 1, at + by))];
    if (next !== undefined) this.pick(next);
  }
  private segments(): {n: number; from: number}[] {
    return (this.call?.segments ?? []).map((one, n) => ({n, from: millis(String(one.started_at)), kind: one.kind})).filter((one) => one.kind !== "record").sort((a, b) => a.from - b.from);
  }

  private get recording(): Recording | null {
    return this.querySelector<Recording>("harmony-recording");
  }

  private notes(what: "note" | "tag"): void {
    this.querySelector<Notes>("harmony-notes")?.write(what);
  }

  private async copy(): Promise<void> {
    await navigator.clipboard.writeText(location.href).catch(() => undefined);
    this.said = t("copied");
    setTimeout(() => { this.said = ""; }, 3_000);
  }

  private png(): void {
    const drawn = this.querySelector("svg.ladder");
    if (drawn) void picture(drawn as SVGSVGElement, `call-${this.call_id}.png`);
  }

  /** The raw events of all legs, in the order of the log. */
  private async events(): Promise<void> {
    const call = this.call;
    if (!call || this.busy) return;
    if (this.raw) {
      this.raw = null;
      return;
    }
    this.busy = true;
    try {
      const begin = new Date(millis(String(call.started_at)) - 2_000).toISOString();
      const found = await Promise.all((call.legs ?? []).map(async (leg) => {
        const events: CloudEvent[] = [];
        let after = begin;
        for (let turn = 0; turn < 5; turn++) {
          const page = await ask<EventPage>(`/v1/events?${new URLSearchParams({log: "switch", call: leg.leg_id, after, limit: "1000"})}`);
          events.push(...page.events);
          after = page.next;
          if (page.caught_up || page.events.length < 1_000) break;
        }
        return events;
      }));
      this.raw = differences(found.flat());
    } catch (problem) {
      this.said = problem instanceof Refused ? problem.message : t("away");
    } finally {
      this.busy = false;
    }
  }

  protected override render(): TemplateResult {
    const call = this.call;
    if (!call) return html`<div class="head"><h1><a class="plain q3" href="/calls">${t("page.calls")}</a></h1></div><section class="panel empty">${this.said ? html`<h2>${t("call.none")}</h2><p>${this.said}</p><p><a class="btn" href="/calls">${t("calls.all")}</a></p>` : html`<span class="ghost"></span><span class="ghost"></span>`}</section>`;
    const from = call.from?.name || call.from?.party || "?", of = score(call, feed.now()), now = feed.now();
    const names = new Map(call.from?.party && call.from.name ? [[call.from.party, plain(call.from.name)]] : []);
    const lasted = ((call.ended_at ? millis(String(call.ended_at)) : now) - millis(String(call.started_at))) / 1_000;
    const waits = (["queue", "hold", "park"] as const).map((kind) => ({kind, long: of.pieces.filter((one) => one.kind === kind && one.lanes.includes(0)).reduce((sum, one) => sum + ((one.until ?? of.whole) - one.from), 0)})).filter((one) => one.long >= 0.5);
    const talks = of.pieces.filter((one) => one.kind === "talk" && one.lanes.includes(0)).length;
    const me = session.user?.split("@")[0] ?? null, you = me && of.lanes.some((lane) => lane.party === me) ? me : null;
    return html`
      <div class="head call"><h1><a class="plain q3 small" href="/calls">${t("page.calls")}</a> <span class="q3 small">/</span> <bdi>${plain(from)}</bdi> <span class="to">${t("to")} <bdi>${plain(call.dialled ?? "?")}</bdi></span></h1>${outcome({state: call.state, outcome: call.outcome ?? null, live: !call.ended_at})}
        <span class="push row wrap">${call.ended_at ? html`<span class="seg exports" role="group" aria-label=${t("calls.export")}>${(["vcon", "otlp"] as const).map((kind) => html`<a href="/v1/calls/${encodeURIComponent(call.call_id)}/export?format=${kind}" download>${{vcon: "vCon", otlp: "OTLP"}[kind]}</a>`)}</span>` : nothing}<button class="btn sm" @click=${this.copy}>${t("copy.link")}<kbd>L</kbd></button><button class="btn sm" @click=${this.png}>PNG</button><button class="btn sm" @click=${() => print()}>${t("print")}</button></span></div>
      <dl class="facts">
        <div><dt>${t("call.when")}</dt><dd>${day(millis(String(call.started_at)), place)}, ${clock(millis(String(call.started_at)), place)}</dd></div>
        <div><dt>${t("call.lasted")}</dt><dd>${duration(lasted)}</dd></div>
        ${talks ? html`<div><dt>${t("sum.talk")}</dt><dd>${duration(call.ended_at ? call.talk_seconds : of.pieces.filter((one) => one.kind === "talk" && one.lanes.includes(0)).reduce((sum, one) => sum + ((one.until ?? of.whole) - one.from), 0))} <small>${talks > 1 ? t("call.parts", {n: talks}) : ""}</small></dd></div>` : nothing}
        ${waits.length ? html`<div><dt>${t("call.waited")}</dt><dd>${duration(waits.reduce((sum, one) => sum + one.long, 0))} <small>${waits.map((one) => `${word("segment", one.kind)} ${duration(one.long)}`).join(", ")}</small></dd></div>` : nothing}
        ${call.hangup?.by ? html`<div><dt>${t("call.ended_by")}</dt><dd>${call.hangup.by === "switch" ? t("the.switch") : call.hangup.by === call.from?.party ? t("the.caller") : html`<bdi>${plain(call.hangup.by)}</bdi>`} <small class="mono">${plain(call.hangup.cause ?? "")}</small></dd></div>` : nothing}
        <div><dt>${t("call.times")}</dt><dd>${word("quality", call.quality)}</dd></div>
        ${call.tenant && session.who?.tenant === null ? html`<div><dt>${t("column.company")}</dt><dd>${call.tenant}</dd></div>` : nothing}
      </dl>
      <p role="status" class="q2 s13">${this.said}</p>
      <section class="panel score" aria-label=${t("call.ladder")}>
        <div class="whole"><span class="q2 s12">${t("call.whole")}</span>${bar_of(of, 900)}</div>
        <div class="row wrap tools">${this.choice(["folded", "true", "between"] as const, this.scale, (one) => t(`scale.${one}`), (one) => { this.scale = one; localStorage.setItem("harmony.scale", one); })}
          ${this.choice(["clock", "start"] as const, this.times, (one) => t(`times.${one}`), (one) => { this.times = one; })}</div>
        <div class="scroll"><harmony-ladder .call=${call} .scale=${this.scale} .times=${this.times} .picked=${this.picked} .cursor=${this.cursor} .names=${names} .you=${you} @pick=${(e: CustomEvent<number>) => this.pick(e.detail)}></harmony-ladder></div>
        ${this.legend(of.pieces.map((one) => one.kind))}
      </section>
      ${call.segments?.some((one) => one.kind === "record") ? html`<harmony-recording .call_id=${call.call_id} .began=${millis(String(call.started_at))} .ended=${!!call.ended_at} @cursor=${(e: CustomEvent<number | null>) => { this.cursor = e.detail; }}></harmony-recording>` : nothing}
      <div class="three"><section class="panel"><header><h2>${t("notes")}</h2><span class="push row"><kbd>T</kbd><kbd>N</kbd></span></header><div class="body col"><harmony-notes .call_id=${call.call_id}></harmony-notes></div></section>${this.detail(call, of.whole)}${this.why(call)}${this.text(of)}</div>
      ${session.may("operate") ? html`<section class="panel"><header><h2>${t("call.events")} <span class="n">${this.raw ? figure(this.raw.length, place) : ""}</span></h2>
        <span class="push row">${this.raw ? this.choice([true, false] as const, this.all, (one) => (one ? t("raw.all") : t("raw.segment")), (one) => { this.all = one; }) : nothing}<button class="btn sm" ?disabled=${this.busy} @click=${() => void this.events()}>${this.raw ? t("close") : t("raw.show")}<kbd>E</kbd></button></span></header>${this.raw ? this.table(this.raw, call) : nothing}</section>` : nothing}`;
  }

  private choice<T extends string | boolean>(all: readonly T[], now: T, name: (one: T) => string, then: (one: T) => void): TemplateResult {
    return html`<span class="seg" role="group">${all.map((one) => html`<button class=${one === now ? "on" : ""} aria-pressed=${one === now} @click=${() => then(one)}>${name(one)}</button>`)}</span>`;
  }

  private legend(kinds: string[]): TemplateResult {
    return html`<ul class="legend">${[...new Set(kinds)].map((kind) => html`<li>${state(OF[kind]?.kind ?? "sound", word("segment", kind), OF[kind]?.shape ?? "talk")}</li>`)}</ul>`;
  }

  /** The segment that was picked. */
  private detail(call: Call, whole: number): TemplateResult {
    const order = this.segments(), one = this.picked === null ? undefined : call.segments?.[this.picked];
    const buttons = html`<span class="push row"><button class="btn sm" aria-label=${t("call.previous")} @click=${() => this.step(-1)} ?disabled=${!order.length}>←</button><button class="btn sm" aria-label=${t("call.next")} @click=${() => this.step(1)} ?disabled=${!order.length}>→</button></span>`;
    if (!one) return html`<section class="panel"><header><h2>${t("call.segment")}</h2>${buttons}</header><div class="body q2 s13">${t("call.pick")}</div></section>`;
    const how = OF[one.kind] ?? {kind: "sound", shape: "talk" as const}, from = millis(String(one.started_at)), until = one.ended_at ? millis(String(one.ended_at)) : null;
    const offer = one.kind === "ring" ? call.offers?.find((o) => o.to === one.parties[0] && Math.abs(millis(String(o.started_at)) - from) < 500) : undefined;
    const detail = Object.entries((one.detail ?? {}) as Record<string, unknown>).filter(([, value]) => typeof value !== "object" && value !== null && value !== "");
    const begin = millis(String(call.started_at));
    return html`<section class="panel"><header>${state(how.kind, word("segment", one.kind), how.shape)}<span class="q2 ell">${one.parties.map(plain).join(", ")}</span>${buttons}</header>
      <dl class="body pairs"><dt>${t("from")}</dt><dd>${clockFine(from, place)} <span class="q3">+${stretch((from - begin) / 1_000, place)}</span></dd>
        <dt>${t("until")}</dt><dd>${until === null ? t("now") : clockFine(until, place)} <span class="q3">${word("quality", one.quality ?? "observed")}</span></dd>
        <dt>${t("call.lasted")}</dt><dd>${t("n.seconds", {s: new Intl.NumberFormat(place.locale, {minimumFractionDigits: 3, maximumFractionDigits: 3}).format(((until ?? begin + whole * 1_000) - from) / 1_000)})}</dd>
        ${this.recording?.found.some((r) => r.size !== null && millis(r.started_at) < (until ?? Infinity) && (!r.ended_at || millis(r.ended_at) > from)) ? html`<dt>${t("recording")}</dt><dd><button class="btn sm" @click=${() => this.recording?.toggle(Math.max(from, millis(this.recording.found[0]?.started_at ?? "")) / 1_000 - begin / 1_000)}>${t("recording.from")}</button></dd>` : nothing}
        ${offer?.outcome ? html`<dt>${t("column.outcome")}</dt><dd>${word("offer", offer.outcome)}</dd>` : nothing}
        ${detail.map(([name, value]) => html`<dt>${word("detail", name)}</dt><dd class="ell"><bdi>${plain(value)}</bdi></dd>`)}
      </dl></section>`;
  }

  private why(call: Call): TemplateResult {
    const seen = new Set<string>(), evidence = (call.evidence ?? []).filter((one) => {
      const key = [...one.legs].sort().join(" ");
      return !seen.has(key) && seen.add(key);
    });
    const who = new Map((call.legs ?? []).map((leg) => [leg.leg_id, leg.party ?? "?"]));
    return html`<section class="panel"><header><h2>${t("call.why", {n: call.legs?.length ?? 0})}</h2></header><div class="body">${evidence.length
      ? html`<ul class="list why">${evidence.map((one) => html`<li><span class="q2">${one.legs.map((leg) => plain(who.get(leg) ?? leg.slice(0, 4))).join(" – ")}</span><span class="mono s12">${plain(one.why)} · ${figure(one.position, place)}</span></li>`)}</ul>`
      : html`<p class="q2 s13">${t("call.why.one")}</p>`}
      ${(call.links ?? []).length ? html`<h2>${t("call.links")}</h2><ul class="list">${call.links?.map((one) => html`<li><a href=${one.related ? `/calls${searchOf([["related", one.related]])}` : callPath(one.call_id ?? "")}>${word("link", one.why)}</a></li>`)}</ul>` : nothing}</div></section>`;
  }

  /** The same as text: for screen readers, and to be copied. */
  private text(of: ReturnType<typeof score>): TemplateResult {
    const told = [
      ...of.pieces.map((one) => ({at: one.from, says: `${word("segment", one.kind)}${one.service ? ` ${one.service}` : ""}: ${one.lanes.map((n) => of.lanes[n]?.party).join(", ")}${one.by ? ` (${t("ladder.by", {who: one.by})})` : ""}, ${stretch((one.until ?? of.whole) - one.from, place)}${one.lost ? `, ${word("offer", one.lost)}` : ""}`})),
      ...of.moves.map((one) => ({at: one.at, says: `${word("transfer", one.kind)}: ${[one.by, one.to].map((n) => (n === null ? "" : (of.lanes[n]?.party ?? ""))).filter(Boolean).join(" → ")}`})),
    ].sort((a, b) => a.at - b.at);
    return html`<section class="panel"><header><h2>${t("call.text")}</h2></header><div class="body"><ol class="told">${told.map((one) => html`<li><time>${clockFine(of.story.start + one.at * 1_000, place)}</time> <bdi>${one.says}</bdi></li>`)}</ol></div></section>`;
  }

  private table(raw: Raw[], call: Call): TemplateResult {
    const one = this.picked === null || this.all ? undefined : call.segments?.[this.picked];
    const from = one ? millis(String(one.started_at)) - 5 : -Infinity, until = one?.ended_at ? millis(String(one.ended_at)) + 5 : Infinity;
    const shown = raw.filter((event) => event.at >= from && event.at <= until);
    return html`<div class="scroll"><table><thead><tr><th scope="col" class="r">${t("raw.position")}</th><th scope="col">${t("raw.occurred")}</th><th scope="col">${t("raw.event")}</th><th scope="col">${t("raw.leg")}</th><th scope="col">${t("raw.differs")}</th></tr></thead><tbody>
      ${shown.slice(0, 500).map((event) => html`<tr><td class="r">${event.position === null ? "" : figure(event.position, place)}</td><td>${clockFine(event.at, place)}</td><td class="mono">${event.name}</td><td class="mono" title=${event.leg}>${event.leg.slice(0, 4)} ${plain(leg_of(event.leg, call))}</td>
        <td class="mono diff">${event.changed.slice(0, 8).map((change) => html`<span>${change.name}: ${change.was === null ? nothing : html`<del>${clip(change.was)}</del> `}<ins>${clip(change.is)}</ins> </span>`)}${event.changed.length > 8 ? html`<span class="q3">${t("raw.more", {n: event.changed.length - 8})}</span>` : nothing}</td></tr>`)}</tbody></table></div>`;
  }
}

const clip = (text: string): string => plain(text.length > 48 ? `${text.slice(0, 45)}…` : text);

/** A drawing as a picture file, in the colours that it has on the page. */
async function picture(drawn: SVGSVGElement, name: string): Promise<void> {
  const copy = drawn.cloneNode(true) as SVGSVGElement, from = [drawn, ...drawn.querySelectorAll("*")], to = [copy, ...copy.querySelectorAll("*")];
  from.forEach((node, n) => {
    const is = getComputedStyle(node), target = to[n];
    for (const property of ["fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-linejoin", "paint-order", "opacity", "font-family", "font-size", "font-weight", "pointer-events"]) target?.setAttribute(property, is.getPropertyValue(property));
  });
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  const width = Number(drawn.getAttribute("width")), height = Number(drawn.getAttribute("height")), image = new Image();
  image.src = URL.createObjectURL(new Blob([new XMLSerializer().serializeToString(copy)], {type: "image/svg+xml"}));
  await image.decode();
  const canvas = Object.assign(document.createElement("canvas"), {width: width * 2 + 48, height: height * 2 + 48}), pen = canvas.getContext("2d");
  if (!pen) return;
  pen.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("background-color");
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(image, 24, 24, width * 2, height * 2);
  URL.revokeObjectURL(image.src);
  const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/png"));
  if (!blob) return;
  const link = Object.assign(document.createElement("a"), {href: URL.createObjectURL(blob), download: name});
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
