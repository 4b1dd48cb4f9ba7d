// Notes and tags of one call: what stands, by whom and when; one writes, takes away, and takes that back.

import {html, nothing, type PropertyValues, type TemplateResult} from "lit";
import {repeat} from "lit/directives/repeat.js";
import {ask, Refused, type Annotations, type Tags} from "../api/client";
import {millis, moment, plain} from "../format";
import {place, t} from "../i18n/index";
import {feed} from "../live/feed";
import {Part} from "../parts/part";
import {session} from "../session";

/** What the interface takes as a tag: no blanks, no slash, 40 letters. */
export const tagged = (text: string): string => text.trim().replace(/[\s/]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 40);

/** seconds after which it is looked for what others wrote */
const AGAIN = 20;
let turn = 0;

export class Notes extends Part {
  static override properties = {call_id: {}, found: {state: true}, said: {state: true}, known: {state: true}, gone: {state: true}, busy: {state: true}};
  declare call_id: string;
  declare found: Annotations | null;
  declare said: string;
  declare known: string[] | null;
  /** what was taken away last, and can be put back */
  declare gone: string | null;
  declare busy: boolean;
  private list = `tags-${++turn}`;

  constructor() {
    super();
    this.call_id = "";
    this.found = null;
    this.said = "";
    this.known = null;
    this.gone = null;
    this.busy = false;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.hear(document, "visibilitychange", () => { if (!document.hidden) void this.look(); });
    let ticks = 0;
    this.hear(feed, "tick", () => { if (++ticks % AGAIN === 0 && !document.hidden) void this.look(); });
  }

  /** For keys of the page. */
  write(what: "note" | "tag"): void {
    this.querySelector<HTMLElement>(what === "note" ? "textarea" : "input[name=tag]")?.focus();
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has("call_id")) {
      this.found = null;
      this.gone = null;
      this.said = "";
      if (this.call_id) void this.look();
    }
  }

  private path(of: string): string {
    return `/v1/calls/${encodeURIComponent(this.call_id)}/${of}`;
  }

  private async look(): Promise<void> {
    const id = this.call_id;
    const found = await ask<Annotations>(this.path("notes")).catch(() => null);
    if (found && id === this.call_id) this.found = found;
  }

  /** Tags that others put on calls are offered as soon as somebody writes one. */
  private async offer(): Promise<void> {
    if (this.known) return;
    this.known = [];
    this.known = (await ask<Tags>("/v1/tags").catch(() => ({tags: []}))).tags.map((one) => one.tag);
  }

  private async decide(path: string, method: "POST" | "DELETE", body?: unknown, gone: string | null = null): Promise<boolean> {
    this.busy = true;
    this.said = "";
    try {
      await ask(this.path(path), body === undefined ? {method} : {method, body});
      this.gone = gone;
      return true;
    } catch (problem) {
      this.said = problem instanceof Refused ? problem.message : t("away");
      return false;
    } finally {
      this.busy = false;
      await this.look();
    }
  }

  private async note(event: Event): Promise<void> {
    event.preventDefault();
    const field = this.querySelector("textarea"), text = field?.value.trim();
    if (field && text && (await this.decide("notes", "POST", {text}))) field.value = "";
  }

  private async tag(event: Event): Promise<void> {
    event.preventDefault();
    const field = this.querySelector<HTMLInputElement>("input[name=tag]"), tag = tagged(field?.value ?? "");
    if (field && tag && (await this.decide("tags", "POST", {tag}))) field.value = "";
  }

  protected override render(): TemplateResult {
    const found = this.found, may = session.may("control"), now = feed.now();
    if (!found) return html`<span class="ghost"></span>`;
    return html`${found.tags.length || may ? html`<div class="row wrap tags">${repeat(found.tags, (one) => one.tag, (one) => html`<span class="tag" title=${t("notes.by", {who: one.by, when: moment(millis(one.at), now, place)})}><bdi>${plain(one.tag)}</bdi>${may ? html`<button class="x" aria-label=${t("notes.untag", {tag: plain(one.tag)})} ?disabled=${this.busy} @click=${() => void this.decide(`tags/${encodeURIComponent(one.tag)}`, "DELETE", undefined, one.tag)}>×</button>` : nothing}</span>`)}
        ${may ? html`<form class="row" @submit=${this.tag}><label><span class="vh">${t("notes.tag")}</span><input name="tag" list=${this.list} maxlength="40" autocomplete="off" placeholder=${t("notes.tag")} @focus=${() => void this.offer()} @keydown=${leave}></label><datalist id=${this.list}>${(this.known ?? []).map((one) => html`<option value=${one}></option>`)}</datalist></form>` : nothing}</div>` : nothing}
      ${found.notes.length ? html`<ul class="noted">${repeat(found.notes, (one) => one.note_id, (one) => html`<li><p class="s13"><bdi>${one.text}</bdi></p><p class="q3 s12 row"><bdi>${one.by}</bdi> ${moment(millis(one.at), now, place)}${may && (one.by === session.who?.name || session.who?.role !== "user") ? html`<button class="x push" aria-label=${t("notes.remove")} ?disabled=${this.busy} @click=${() => void this.decide(`notes/${one.note_id}`, "DELETE", undefined, clip(one.text))}>×</button>` : nothing}</p></li>`)}</ul>` : may ? nothing : html`<p class="q2 s13">${t("notes.none")}</p>`}
      <p class="s13 row wrap" role="status">${this.gone === null ? this.said : html`${t("notes.gone", {what: this.gone})} <button class="btn sm" @click=${() => void this.decide("decisions/undo", "POST")}>${t("notes.undo")}</button>`}</p>
      ${may ? html`<form class="col write" @submit=${this.note}><label><span class="vh">${t("notes.note")}</span><textarea rows="2" maxlength="4000" placeholder=${t("notes.note")} @keydown=${(event: KeyboardEvent) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void this.note(event); else leave(event); }}></textarea></label><div class="row"><button class="btn sm" ?disabled=${this.busy}>${t("notes.add")}<kbd>Ctrl Enter</kbd></button></div></form>` : nothing}`;
  }
}

const clip = (text: string): string => plain(text.length > 40 ? `${text.slice(0, 38)}…` : text);
const leave = (event: KeyboardEvent): void => {
  if (event.key !== "Escape") return;
  event.stopPropagation();
  (event.target as HTMLElement).blur();
};
