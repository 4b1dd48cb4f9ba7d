// The own mailbox: what waits, hearing it, calling back, deleting it.

import {html, nothing, type TemplateResult} from "lit";
import {repeat} from "lit/directives/repeat.js";
import {ask, Refused, type Mailbox, type Message} from "../api/client";
import {duration, millis, moment, plain} from "../format";
import {place, t} from "../i18n/index";
import {feed} from "../live/feed";
import {glyph} from "../parts/glyphs";
import {Part} from "../parts/part";
import {session} from "../session";

/** seconds between two looks: the switch is asked each time */
const AGAIN = 60;

export class Voicemail extends Part {
  static override properties = {box: {state: true}, said: {state: true}, playing: {state: true}, pos: {state: true}, sure: {state: true}};
  declare box: Mailbox | null;
  declare said: string;
  /** the message that is heard, or was last */
  declare playing: string | null;
  declare pos: number;
  /** the message that a second click deletes */
  declare sure: string | null;
  private sound = new Audio();
  private ended = "";

  constructor() {
    super();
    this.box = null;
    this.said = "";
    this.playing = null;
    this.pos = 0;
    this.sure = null;
    this.sound.preload = "none";
  }

  override connectedCallback(): void {
    super.connectedCallback();
    let ticks = 0;
    this.hear(feed, "tick", () => { if (++ticks % AGAIN === 0 && !document.hidden) void this.look(); });
    this.hear(feed, "change", () => {
      const last = feed.picture.ended[0], id = last?.call_id ?? "";
      if (id !== this.ended && last?.outcome === "voicemail") void this.look();
      this.ended = id;
    });
    this.hear(this.sound, "timeupdate", () => { this.pos = this.sound.currentTime; });
    for (const what of ["play", "pause"]) this.hear(this.sound, what, () => this.requestUpdate());
    this.hear(this.sound, "ended", () => void this.heard());
    this.hear(this.sound, "error", () => { if (this.sound.getAttribute("src")) this.said = t("recording.fails"); });
    this.atEnd(() => {
      this.sound.pause();
      this.sound.removeAttribute("src");
    });
    void this.look();
  }

  private async look(): Promise<void> {
    try {
      this.box = await ask<Mailbox>("/v1/me/voicemail");
      this.said = "";
    } catch (problem) {
      this.said = problem instanceof Refused ? problem.message : t("away");
    }
  }

  private play(one: Message): void {
    if (this.playing === one.message && !this.sound.paused) return this.sound.pause();
    if (this.playing !== one.message || !this.sound.getAttribute("src")) {
      this.sound.src = `/v1/me/voicemail/${encodeURIComponent(one.message)}`;
      this.playing = one.message;
      this.pos = 0;
    }
    void this.sound.play().catch((problem: unknown) => { if (!(problem instanceof DOMException && problem.name === "AbortError")) this.said = t("recording.fails"); });
  }

  /** To its end: it is new no more. */
  private async heard(): Promise<void> {
    const one = this.box?.messages.find((message) => message.message === this.playing);
    if (one && !one.read && session.may("control")) await this.change(one, {method: "PUT", body: {read: true}});
    this.requestUpdate();
  }

  private async change(one: Message, how: {method: string; body?: unknown}): Promise<void> {
    this.sure = null;
    try {
      await ask(`/v1/me/voicemail/${encodeURIComponent(one.message)}`, how);
      await this.look();
    } catch (problem) {
      this.said = problem instanceof Refused ? problem.message : t("away");
    }
  }

  private erase(one: Message): void {
    if (this.sure !== one.message) {
      this.sure = one.message;
      return;
    }
    if (this.playing === one.message) {
      this.sound.pause();
      this.sound.removeAttribute("src");
      this.playing = null;
    }
    void this.change(one, {method: "DELETE"});
  }

  protected override render(): TemplateResult {
    const box = this.box, now = feed.now();
    return html`<section class="panel"><header><h2>${t("voicemail")}${box?.new ? html`<span class="n">${t("voicemail.new", {n: box.new})}</span>` : nothing}</h2></header><div class="body">
      ${box === null ? (this.said ? nothing : html`<span class="ghost"></span>`) : box.messages.length ? html`<ul class="list missed mail">${repeat(box.messages.slice(0, 12), (one) => one.message, (one) => this.row(one, now))}</ul>` : html`<p class="q2 s13">${t("voicemail.none")}</p>`}
      <p class="s13 st fail" role="status">${this.said}</p></div></section>`;
  }

  private row(one: Message, now: number): TemplateResult {
    const who = plain(one.name && one.name !== one.number ? one.name : one.number), on = this.playing === one.message, runs = on && !this.sound.paused;
    return html`<li><span class="q2 nw">${moment(millis(one.at), now, place)}</span>${glyph("voicemail", "voicemail")}<span class="ell"><bdi class=${one.read ? "" : "b"}>${who || "?"}</bdi> <span class="q3">${one.read ? "" : `${t("voicemail.is.new")}, `}${on ? `${duration(this.pos)} / ` : ""}${duration(one.seconds)}</span></span>
      <span class="row wrap">${one.size === null ? html`<span class="q3 s12">${t("voicemail.by_phone")}</span>` : html`<button class="btn sm" aria-label=${runs ? t("pause") : t("voicemail.play", {who})} @click=${() => this.play(one)}>${glyph(runs ? "pause" : "play")}${runs ? t("pause") : t("play")}</button>`}
        ${session.may("control") ? html`${one.number ? html`<button class="btn sm" @click=${() => this.dispatchEvent(new CustomEvent("back", {detail: one.number}))}>${t("phone.back")}</button>` : nothing}
        <button class="btn sm quiet" @click=${() => void this.change(one, {method: "PUT", body: {read: !one.read}})}>${one.read ? t("voicemail.as_new") : t("voicemail.as_heard")}</button>
        <button class="btn sm ${this.sure === one.message ? "end" : "quiet"}" @blur=${() => { if (this.sure === one.message) this.sure = null; }} @click=${() => this.erase(one)}>${this.sure === one.message ? t("voicemail.sure") : t("voicemail.delete")}</button>` : nothing}</span></li>`;
  }
}
