// The recordings of one call: played along its ladder, which shows where one is.

import {html, nothing, type PropertyValues, type TemplateResult} from "lit";
import {ask, type Recorded, type Recordings} from "../api/client";
import {clock, duration, millis, plain} from "../format";
import {place, t} from "../i18n/index";
import {glyph} from "../parts/glyphs";
import {Part} from "../parts/part";

/** ms between two places of the cursor: each lays the ladder out anew */
const BETWEEN = 66;

export class Recording extends Part {
  static override properties = {call_id: {}, began: {attribute: false}, ended: {attribute: false}, found: {state: true}, at: {state: true}, playing: {state: true}, pos: {state: true}, long: {state: true}, said: {state: true}};
  declare call_id: string;
  /** ms at which the call began */
  declare began: number;
  /** whether the call has: then there may be more to hear */
  declare ended: boolean;
  declare found: Recorded[];
  /** which of them */
  declare at: number;
  declare playing: boolean;
  /** seconds into the recording */
  declare pos: number;
  /** its length as the sound tells, seconds */
  declare long: number;
  declare said: string;
  private sound = new Audio();
  private frame = 0;

  constructor() {
    super();
    this.call_id = "";
    this.began = 0;
    this.ended = false;
    this.found = [];
    this.at = 0;
    this.playing = false;
    this.pos = 0;
    this.long = 0;
    this.said = "";
    this.sound.preload = "none";
  }

  override connectedCallback(): void {
    super.connectedCallback();
    for (const what of ["play", "pause", "ended"]) this.hear(this.sound, what, () => this.told());
    this.hear(this.sound, "durationchange", () => { if (Number.isFinite(this.sound.duration)) this.long = this.sound.duration; });
    this.hear(this.sound, "timeupdate", () => this.told());
    this.hear(this.sound, "error", () => { if (this.sound.getAttribute("src")) this.said = t("recording.fails"); });
    this.atEnd(() => {
      clearTimeout(this.frame);
      this.sound.pause();
      this.sound.removeAttribute("src");
      this.dispatchEvent(new CustomEvent("cursor", {detail: null}));
    });
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has("call_id") || changed.has("ended")) void this.look();
  }

  private async look(): Promise<void> {
    const id = this.call_id;
    const told = await ask<Recordings>(`/v1/calls/${encodeURIComponent(id)}/recordings`).catch(() => null);
    if (told && id === this.call_id) this.found = told.recordings;
  }

  private get one(): Recorded | undefined {
    return this.found[this.at];
  }
  /** Seconds from the beginning of the call to that of the recording. */
  private get offset(): number {
    return this.one ? (millis(this.one.started_at) - this.began) / 1_000 : 0;
  }

  /** For the key and for who asks from a segment: play from that second of the call on, or where it stands. */
  toggle(from?: number): void {
    if (from !== undefined) {
      const there = this.found.findIndex((one) => one.size !== null && from >= (millis(one.started_at) - this.began) / 1_000 - 1 && (!one.ended_at || from < (millis(one.ended_at) - this.began) / 1_000));
      if (there < 0) return;
      this.choose(there);
      this.seek(Math.max(0, from - this.offset));
      void this.play();
    } else if (this.playing) this.sound.pause();
    else void this.play();
  }

  private choose(n: number): void {
    if (n === this.at && this.sound.getAttribute("src")) return;
    this.sound.pause();
    this.sound.removeAttribute("src");
    this.at = n;
    this.pos = 0;
    this.long = 0;
    this.said = "";
  }

  private load(): void {
    const one = this.one;
    if (one && !this.sound.getAttribute("src")) this.sound.src = `/v1/calls/${encodeURIComponent(this.call_id)}/recordings/${encodeURIComponent(one.name)}`;
  }

  private async play(): Promise<void> {
    if (!this.one?.size) return;
    this.said = "";
    this.load();
    await this.sound.play().catch((problem: unknown) => { if (!(problem instanceof DOMException && problem.name === "AbortError")) this.said = t("recording.fails"); });
  }

  private seek(to: number): void {
    this.load();
    this.sound.currentTime = to;
    this.told();
  }

  /** Where it is, to the page: the ladder's cursor follows. */
  private told(): void {
    this.playing = !this.sound.paused && !this.sound.ended;
    this.pos = this.sound.currentTime;
    this.dispatchEvent(new CustomEvent("cursor", {detail: this.offset + this.pos}));
    clearTimeout(this.frame);
    if (this.playing) this.frame = window.setTimeout(() => this.told(), BETWEEN);
  }

  private whole(one: Recorded): number {
    return this.long || (one.ended_at ? (millis(one.ended_at) - millis(one.started_at)) / 1_000 : 0);
  }

  protected override render(): TemplateResult | typeof nothing {
    const one = this.one;
    if (!one) return nothing;
    const whole = this.whole(one), there = one.size !== null;
    return html`<section class="panel hears"><header><h2>${t("recording")}${this.found.length > 1 ? html`<span class="n">${this.at + 1} / ${this.found.length}</span>` : nothing}</h2>
        ${this.found.length > 1 ? html`<span class="push seg" role="group" aria-label=${t("recording")}>${this.found.map((other, n) => html`<button class=${n === this.at ? "on" : ""} aria-pressed=${n === this.at} @click=${() => this.choose(n)}>${clock(millis(other.started_at), place)}</button>`)}</span>` : nothing}</header>
      <div class="body row wrap"><button class="btn" ?disabled=${!there} aria-pressed=${this.playing} @click=${() => this.toggle()}>${glyph(this.playing ? "pause" : "play")}${this.playing ? t("pause") : t("recording.play")}<kbd>${t("space")}</kbd></button>
        ${there ? html`<span class="tm">${duration(this.pos)} / ${duration(whole)}</span><input class="grow" type="range" min="0" max=${Math.max(1, Math.ceil(whole))} step="0.1" .value=${String(this.pos)} aria-label=${t("recording.where")} aria-valuetext=${duration(this.pos)} @input=${(e: InputEvent) => this.seek(Number((e.target as HTMLInputElement).value))}>` : html`<span class="q2 s13">${one.ended_at ? t("recording.gone") : t("recording.goes_on")}</span>`}
        <span class="q2 s13">${t("recording.of", {who: plain(one.party), when: clock(millis(one.started_at), place)})}</span><p class="s13 st fail" role="status">${this.said}</p></div></section>`;
  }
}
