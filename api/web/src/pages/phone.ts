// My phone: what it does now, the calls I am in with all that can be done with them, and whom I missed.

import {html, nothing, type TemplateResult} from "lit";
import {repeat} from "lit/directives/repeat.js";
import {ask, Refused, type Annotations, type Call, type CallsPage, type Listed, type Settings} from "../api/client";
import {order} from "../calling";
import {duration, millis, moment, plain} from "../format";
import {place, t, word, type Key} from "../i18n/index";
import {mini} from "../ladder/draw";
import {feed} from "../live/feed";
import {glyph, OUTCOMES, state, type Shape} from "../parts/glyphs";
import {keys} from "../parts/keys";
import {Part} from "../parts/part";
import type {Who} from "../parts/who";
import {callPath} from "../router";
import {session} from "../session";
import {outcome} from "./calls";
import {members, parked, parkedPanel, roomList, type Member, type Parked} from "./around";
import {mine, type Doing, type Mine} from "./mine";

const SHAPES: Record<Doing, {kind: string; shape: Shape}> = {
  talks: {kind: "talk", shape: "talk"}, consults: {kind: "consult", shape: "consult"}, conference: {kind: "conference", shape: "conference"}, rings: {kind: "ring", shape: "ring"},
  calls: {kind: "ring", shape: "ring"}, holds: {kind: "hold", shape: "hold"}, held: {kind: "hold", shape: "hold"}, waits: {kind: "queue", shape: "queue"}, other: {kind: "sound", shape: "talk"},
};
const MISSED = new Set(["no_answer", "cancelled", "abandoned", "voicemail"]);
interface Control {
  name: string;
  key: string;
  says: string;
  end?: boolean;
  does(): void;
}

export class Phone extends Part {
  static override properties = {missed: {state: true}, history: {state: true}, settings: {state: true}, said: {state: true}, moving: {state: true}, digits: {state: true}, busy: {state: true}, at: {state: true}, muted: {state: true}};
  declare missed: {call: Listed; times: number}[] | null;
  declare history: {number: string; calls: Listed[]; noted: Map<string, Annotations>} | null;
  declare settings: Settings | null;
  /** what a command did, by call; "" for the field */
  declare said: Map<string, {good: boolean; says: string}>;
  /** the call that is being transferred */
  declare moving: string | null;
  declare digits: string | null;
  declare busy: string | null;
  /** the call that the keys are for; null: the most pressing one */
  declare at: string | null;
  /** members of rooms that were muted from here, as "call party" */
  declare muted: ReadonlySet<string>;
  private endedBefore = "";
  private epoch = -1;
  private stopKeys: (() => void) | null = null;

  constructor() {
    super();
    this.missed = null;
    this.history = null;
    this.settings = null;
    this.said = new Map();
    this.moving = null;
    this.digits = null;
    this.busy = null;
    this.at = null;
    this.muted = new Set();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.hear(feed, "change", () => this.changed());
    this.hear(feed, "tick", () => this.requestUpdate());
    this.atEnd(() => this.stopKeys?.());
    void this.look();
    ask<Settings>("/v1/me").then((found) => { this.settings = found; }, () => undefined);
  }

  private get me(): string {
    return session.user?.split("@")[0] ?? "";
  }
  private get calls(): Mine[] {
    return mine(feed.picture.calls.values(), this.me);
  }

  private changed(): void {
    const ended = feed.picture.ended[0]?.call_id ?? "";
    if (ended !== this.endedBefore || this.epoch !== feed.picture.epoch) {
      this.endedBefore = ended;
      this.epoch = feed.picture.epoch;
      void this.look();
    }
    this.requestUpdate();
  }

  /** Whom I missed: rang here, nobody took it, and I have not talked with that number since. */
  private async look(): Promise<void> {
    const page = await ask<CallsPage>(`/v1/calls?${new URLSearchParams({user: session.user ?? "", view: "story", limit: "60", live: "false"})}`).catch(() => null);
    if (!page) return;
    const found = new Map<string, {call: Listed; times: number}>(), settled = new Set<string>();
    for (const call of page.calls) {
      const outgoing = call.from_user === session.user, number = (outgoing ? call.dialled : (call.from_number ?? call.from_party)) ?? "?";
      if (call.answered || outgoing) settled.add(number);
      else if (MISSED.has(call.outcome ?? "") && !settled.has(number)) {
        const known = found.get(number);
        if (known) known.times++;
        else found.set(number, {call, times: 1});
      }
    }
    this.missed = [...found.values()].slice(0, 8);
  }

  private async who(number: string): Promise<void> {
    if (this.history?.number === number) return;
    this.history = {number, calls: [], noted: new Map()};
    const page = await ask<CallsPage>(`/v1/calls?${new URLSearchParams({number, view: "story", limit: "6", live: "false"})}`).catch(() => null);
    if (!page || this.history?.number !== number) return;
    this.history = {number, calls: page.calls, noted: new Map()};
    const noted = await Promise.all(page.calls.map((call) => ask<Annotations>(`/v1/calls/${encodeURIComponent(call.call_id)}/notes`).catch(() => null)));
    if (this.history.number === number) this.history = {number, calls: page.calls, noted: new Map(noted.flatMap((one) => (one && (one.notes.length || one.tags.length) ? [[one.call_id, one]] : [])))};
  }

  /** Give a command; what became of it stands at its call. `did`: the word for it when the switch did it. */
  private async give(call: Call | null, verb: string, body: unknown, did = "call"): Promise<boolean> {
    const key = call?.call_id ?? "";
    this.busy = key;
    const done = await order(call ? `/v1/calls/${encodeURIComponent(call.call_id)}/${verb}` : "/v1/calls", body);
    if (this.busy === key) this.busy = null;
    if (done.good) done.says = t(`did.${did}` as Key);
    // What was given before, and comes to its end only now, leaves the form alone that somebody types into.
    if (done.good && verb.startsWith("transfer") && this.moving === key) this.moving = null;
    this.said = new Map(this.said).set(key, done);
    setTimeout(() => {
      if (this.said.get(key) === done) {
        this.said.delete(key);
        this.requestUpdate();
      }
    }, done.good ? 6_000 : 15_000);
    return done.good;
  }

  /** From the one that I talk with to the one whom I have on hold. */
  private async swap(talking: Mine | undefined, held: Mine): Promise<void> {
    const me = {party: this.me};
    if (talking && !(await this.give(talking.call, "hold", me, "hold"))) return;
    await this.give(held.call, "resume", me, "swap");
  }

  /** Who talks with me goes into a room with me, and whom I have on hold comes after. */
  private async all(one: Mine, held: Mine | undefined): Promise<void> {
    if (!(await this.give(one.call, "conference", {party: this.me}, "conference")) || !held) return;
    const room = await this.until(() => this.calls.find((other) => other.call.call_id === one.call.call_id)?.room ?? null);
    if (room) await this.give(held.call, "transfer", {kind: "blind", to: room, by: this.me}, "all");
  }

  /** What the stream tells before ten seconds have passed, else null. */
  private until<T>(look: () => T | null): Promise<T | null> {
    return new Promise((done) => {
      const end = (found: T | null): void => {
        feed.removeEventListener("change", again);
        clearTimeout(late);
        done(found);
      };
      const again = (): void => {
        const found = look();
        if (found !== null) end(found);
      };
      const late = setTimeout(() => end(null), 10_000);
      feed.addEventListener("change", again);
      again();
    });
  }

  /** In a room: mute a member, let him be heard, put him out. */
  private async inRoom(room: string, one: Member, verb: "mute" | "unmute" | "kick"): Promise<void> {
    const key = `${one.call.call_id} ${one.party}`, mineHere = this.calls.find((call) => call.room === room)?.call.call_id ?? "";
    const done = await order(`/v1/conferences/${encodeURIComponent(room)}/${verb}`, {party: one.party});
    if (done.good) {
      const muted = new Set(this.muted);
      if (verb === "mute") muted.add(key);
      else muted.delete(key);
      this.muted = muted;
      done.says = t(`did.${verb}`);
    }
    this.said = new Map(this.said).set(mineHere, done);
  }

  private fetchParked(one: Parked): void {
    if (one.lot !== null) void this.give(null, "", {from: session.user, to: one.lot}, "fetch");
  }

  /** The call that the keys are for. */
  private focused(calls: Mine[]): Mine | undefined {
    return calls.find((one) => one.call.call_id === this.at) ?? calls[0];
  }

  /** `1` to `9`: the keys are for that call now, and who waits there is taken back. */
  private turnTo(calls: Mine[], n: number): void {
    const one = calls[n];
    if (!one) return;
    this.at = one.call.call_id;
    if (one.doing === "holds") void this.swap(calls.find((other) => other.doing === "talks"), one);
  }

  private controls(one: Mine): Control[] {
    const me = {party: this.me}, of = (name: string, key: string, verb: string, body: unknown, end = false): Control => ({name, key, says: t(`do.${name}` as Key), end, does: () => void this.give(one.call, verb, body, name === "record" && one.recorded ? "record.stop" : name)});
    const calls = this.calls, held = calls.find((other) => other.doing === "holds" && other !== one && other.call.call_id !== one.call.call_id), talking = calls.find((other) => other.doing === "talks");
    const act = (name: string, key: string, does: () => void): Control => ({name, key, says: t(`do.${name}` as Key), does});
    const swap = one.doing === "holds" ? talking && act("swap", "s", () => void this.swap(talking, one)) : held && act("swap", "s", () => void this.swap(one, held));
    const all = one.doing === "talks" ? [held ? act("all", "c", () => void this.all(one, held)) : act("conference", "c", () => void this.all(one, undefined))] : [];
    const transfer: Control = {name: "transfer", key: "t", says: t("do.transfer"), does: () => { this.moving = one.call.call_id; void this.updateComplete.then(() => this.querySelector<Who>(".move harmony-who")?.focus()); }};
    const record = of("record", "r", "record", {...me, action: one.recorded ? "stop" : "start"}), hangup = of("hangup", "shift x", "hangup", me, true);
    const keypad: Control = {name: "keypad", key: "k", says: t("do.keypad"), does: () => { this.digits = this.digits === one.call.call_id ? null : one.call.call_id; }};
    switch (one.doing) {
      case "consults": return [of("complete", "enter", "transfer/complete", {}), of("cancel", "c", "transfer/cancel", {}), keypad, hangup];
      case "talks": return [of("hold", "h", "hold", me), transfer, ...(swap ? [swap] : []), ...all, of("park", "p", "park", {party: one.other}), record, keypad, hangup];
      case "holds": return [of("resume", "h", "resume", me), ...(swap ? [swap] : []), transfer, of("park", "p", "park", {party: one.other}), hangup];
      case "conference": return [record, hangup];
      default: return [hangup];
    }
  }

  protected override updated(): void {
    const calls = this.calls, first = calls[0], focused = this.focused(calls), waits = parked(feed.picture.calls.values())[0];
    this.stopKeys?.();
    this.stopKeys = keys(!session.may("control") ? [] : [
      ...(focused ? this.controls(focused).map((one) => ({key: one.key, says: one.says, does: one.does})) : []),
      ...(focused?.room ? this.members(focused.room, focused.call).filter((one) => one.party === this.me).map((one) => {
        const verb = this.muted.has(`${one.call.call_id} ${one.party}`) ? "unmute" : "mute";
        return {key: "m", says: t(`do.${verb}`), does: () => void this.inRoom(focused.room ?? "", one, verb)};
      }) : []),
      ...(calls.length > 1 ? calls.slice(0, 9).map((one, n) => ({key: `${n + 1}`, says: t("phone.turn", {who: one.name}), does: () => this.turnTo(calls, n)})) : []),
      ...(waits ? [{key: "shift p", says: t("do.fetch"), does: () => this.fetchParked(waits)}] : []),
    ]);
    if (first && first.other !== "?") void this.who(first.other);
  }

  protected override render(): TemplateResult {
    const calls = this.calls, first = calls[0], now = feed.now();
    const stale = feed.connection().state === "stale" || !session.may("control");
    return html`<div class="head phone">${this.doing(first, calls, now)}
        <span class="push seg" role="group" aria-label=${t("phone.availability")}>${([false, true] as const).map((on) => html`<button class=${this.settings?.do_not_disturb === on ? "on" : ""} aria-pressed=${this.settings?.do_not_disturb === on} ?disabled=${!this.settings} @click=${() => void this.disturb(on)}>${on ? t("phone.dnd") : t("phone.available")}</button>`)}</span></div>
      <div class="phonelay"><div class="col">
        ${calls.length ? html`<section class="panel">${repeat(calls, (one) => one.call.call_id, (one, n) => this.card(one, now, stale, calls.length > 1 ? n + 1 : 0, one === this.focused(calls)))}</section>` : nothing}
        ${parkedPanel(parked(feed.picture.calls.values()), now, stale, (one) => this.fetchParked(one))}
        <section class="panel"><header><h2>${t("phone.call")}</h2></header><form class="body row wrap dial" @submit=${this.dial}><harmony-who class="grow" .label=${t("phone.number")}></harmony-who><button class="btn main-act" ?disabled=${stale || this.busy === ""}>${t("do.call")}<kbd>Enter</kbd></button>${this.told("")}</form></section>
        <section class="panel"><header><h2>${t("phone.missed")}<span class="n">${this.missed?.length || ""}</span></h2><a class="push s13" href="/calls?user=${encodeURIComponent(session.user ?? "")}&answered=false">${t("all")}</a></header><div class="body">${this.missed === null ? html`<span class="ghost"></span>` : this.missed.length ? html`<ul class="list missed">${repeat(this.missed, ({call}) => call.call_id, ({call, times}) => this.missedRow(call, times, now, stale))}</ul>` : html`<p class="q2 s13">${t("phone.missed.none")}</p>`}</div></section>
        <harmony-voicemail @back=${(e: CustomEvent<string>) => void this.give(null, "", {from: session.user, to: e.detail})}></harmony-voicemail>
      </div><aside class="col">${this.history ? this.about(this.history, first) : nothing}</aside></div>`;
  }

  private doing(first: Mine | undefined, calls: Mine[], now: number): TemplateResult {
    if (!first) return html`<h1 class="big">${this.settings?.do_not_disturb ? state("dnd", t("phone.is.dnd"), "dnd") : state("free", t("phone.is.free"), "free")}</h1>`;
    const how = SHAPES[first.doing], held = calls.filter((one) => one.doing === "holds").length;
    return html`<h1 class="big">${state(how.kind, t(`phone.is.${first.doing}` as Key), how.shape)} <span class="tm">${duration((now - first.since) / 1_000)}</span></h1>${held && first.doing !== "holds" ? html`<span class="q2">${t("phone.holds", {n: held})}</span>` : nothing}`;
  }

  private members(room: string, call: Call): Member[] {
    return members(feed.picture.calls.values(), room, call.tenant ?? null);
  }

  private card(one: Mine, now: number, stale: boolean, n: number, focused: boolean): TemplateResult {
    const how = SHAPES[one.doing], id = one.call.call_id, whole = (now - millis(String(one.call.started_at))) / 1_000;
    const names = new Map(one.call.from?.party && one.call.from.name ? [[one.call.from.party, one.call.from.name]] : []);
    return html`<article class="mycall ${n && focused ? "at" : ""}"><header class="row wrap">${n ? html`<kbd>${n}</kbd>` : nothing}${glyph(how.shape, how.kind)}<h2 class="t16"><a class="plain" href=${callPath(id)}><bdi>${one.name}</bdi></a></h2>${one.name === one.other ? nothing : html`<span class="q2"><bdi>${one.other}</bdi></span>`}<span class="st ${how.kind} s13">${t(`phone.is.${one.doing}` as Key)} ${duration((now - one.since) / 1_000)}</span><span class="push tm t20">${duration(whole)}</span></header>
      ${one.doing === "rings" ? html`<p class="q2 s13">${t("phone.answer")}</p>` : nothing}
      <div class="row wrap acts">${this.controls(one).map((act, n) => html`<button class="btn ${act.end ? "end" : ""} ${n === 0 && one.doing === "consults" ? "main-act" : ""} ${act.name === "record" && one.recorded ? "on" : ""}" aria-pressed=${act.name === "record" ? one.recorded : nothing} ?disabled=${stale || this.busy === id} @click=${() => act.does()}>${act.name === "record" ? glyph("rec") : nothing}${act.says}<kbd ?hidden=${!focused}>${act.key.replace("shift ", "Shift ").replace(/\b[a-z]$/, (c) => c.toUpperCase()).replace("enter", "Enter")}</kbd></button>`)}</div>
      ${one.room ? roomList(this.members(one.room, one.call), this.me, this.muted, stale, (member) => session.may("control") && (member.party === this.me || session.who?.role !== "user"), (member, verb) => void this.inRoom(one.room ?? "", member, verb)) : nothing}
      ${this.moving === id ? this.mover(one) : nothing}
      ${this.digits === id ? html`<div class="row wrap pad" role="group" aria-label=${t("do.keypad")}>${[..."123456789*0#"].map((digit) => html`<button class="btn sm" @click=${() => void this.give(one.call, "dtmf", {party: one.other, digits: digit}, "keypad")}>${digit}</button>`)}</div>` : nothing}
      ${this.told(id)}
      <div class="scroll"><harmony-ladder .call=${one.call} .you=${this.me} .names=${names}></harmony-ladder></div></article>`;
  }

  private mover(one: Mine): TemplateResult {
    const give = (kind: "attended" | "blind", to: string | null): void => { if (to) void this.give(one.call, "transfer", {kind, to, by: this.me}, kind === "blind" ? "transfer" : "ask"); };
    const typed = (): string | null => this.querySelector<Who>(".move harmony-who")?.number() ?? null;
    return html`<form class="row wrap move" @submit=${(e: Event) => { e.preventDefault(); give("attended", typed()); }}><span class="q2 s13">${t("move.who", {who: one.name})}</span><harmony-who class="grow" .label=${t("move.who", {who: one.name})} @keydown=${(e: KeyboardEvent) => {
      if (e.key === "Enter" && e.shiftKey) { e.preventDefault(); give("blind", typed()); }
      if (e.key === "Escape") { e.stopPropagation(); this.moving = null; }
    }}></harmony-who><button class="btn main-act">${t("move.ask")}<kbd>Enter</kbd></button><button class="btn" type="button" @click=${() => give("blind", typed())}>${t("move.now")}<kbd>Shift Enter</kbd></button><button class="btn quiet" type="button" @click=${() => { this.moving = null; }}>${t("cancel")}<kbd>Esc</kbd></button></form>`;
  }

  private told(key: string): TemplateResult {
    const one = this.said.get(key);
    return html`<p class="s13 said" role="status">${one ? state(one.good ? "talk" : "fail", one.says, one.good ? "ok" : "fail") : ""}</p>`;
  }

  private missedRow(call: Listed, times: number, now: number, stale: boolean): TemplateResult {
    const number = call.from_number ?? call.from_party ?? "";
    return html`<li><span class="q2 nw">${moment(millis(String(call.started_at)), now, place)}</span>${glyph("missed", "fail")}<a class="plain ell" href=${callPath(call.call_id)}><bdi class="b">${call.from_name || number || "?"}</bdi> <span class="q3">${times > 1 ? t("phone.times", {n: times}) : call.outcome === "voicemail" ? word("outcome", "voicemail") : t("phone.rang", {time: duration(call.ring_seconds ?? 0)})}</span></a>
      <button class="btn sm" ?disabled=${stale || !number || this.busy === ""} @click=${() => void this.give(null, "", {from: session.user, to: number})}>${t("phone.back")}</button></li>`;
  }

  private about(found: NonNullable<Phone["history"]>, first: Mine | undefined): TemplateResult {
    const name = found.calls.find((call) => call.from_party === found.number && call.from_name)?.from_name ?? (first?.other === found.number ? first.name : found.number);
    const tags = [...new Set([...found.noted.values()].flatMap((one) => one.tags.map((tag) => tag.tag)))].slice(0, 6);
    return html`<section class="panel"><header><h2><bdi>${name}</bdi></h2>${tags.map((tag) => html`<span class="tag"><bdi>${plain(tag)}</bdi></span>`)}<a class="push s13" href="/calls?number=${encodeURIComponent(found.number)}">${t("all")}</a></header><div class="body">${found.calls.length ? html`<ul class="list about">${found.calls.map((call) => html`<li><a class="plain row" href=${callPath(call.call_id)}><span class="q2 nw">${moment(millis(String(call.started_at)), feed.now(), place)}</span><span class="push">${outcome(call)}</span>${mini(call.story, Math.max(30, call.duration_seconds ?? 30), 80, {lost: OUTCOMES[call.outcome ?? ""]?.kind === "fail"})}</a>${found.noted.get(call.call_id)?.notes.slice(-2).map((note) => html`<p class="s13 note"><bdi>${note.text}</bdi> <span class="q3 s12 nw"><bdi>${note.by.split("@")[0]}</bdi></span></p>`)}</li>`)}</ul>` : html`<p class="q2 s13">${t("phone.first")}</p>`}
      ${first?.other === found.number ? html`<h3 class="s13">${t("phone.notes")}</h3><harmony-notes .call_id=${first.call.call_id}></harmony-notes>` : nothing}</div></section>`;
  }

  private async dial(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const field = (event.target as HTMLFormElement).querySelector<Who>("harmony-who"), to = field?.number();
    if (!to) return;
    field?.clear();
    field?.querySelector("input")?.blur(); // from here on keys are commands again
    await this.give(null, "", {from: session.user, to});
  }

  private async disturb(on: boolean): Promise<void> {
    try {
      this.settings = await ask<Settings>(`/v1/users/${encodeURIComponent(session.user ?? "")}/do-not-disturb`, {method: "PUT", body: {on}});
    } catch (problem) {
      this.said = new Map(this.said).set("", {good: false, says: problem instanceof Refused ? problem.message : t("away")});
    }
  }
}

