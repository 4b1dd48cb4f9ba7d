// The command field: a number or a name to call, a call to open, a page to go to. `/` leads here from everywhere.

import {html, nothing, type TemplateResult} from "lit";
import {t} from "../i18n/index";
import {go} from "../router";
import {session} from "../session";
import {dial} from "../calling";
import {favourites} from "../favourites";
import {feed} from "../live/feed";
import {dialled, find, NUMBER} from "../people";
import {glyph} from "./glyphs";
import {keys} from "./keys";
import {does, shape} from "./lamp";
import {Part} from "./part";

interface Hit {
  says: string | TemplateResult;
  does(): void;
}

export class Field extends Part {
  static override properties = {text: {state: true}, at: {state: true}, said: {state: true}};
  declare text: string;
  declare at: number;
  declare said: string;

  constructor() {
    super();
    this.text = "";
    this.at = 0;
    this.said = "";
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.atEnd(keys([{key: "/", says: t("field.focus"), does: () => this.querySelector("input")?.focus()}]));
  }

  private hits(): Hit[] {
    const text = this.text.trim();
    if (!text) return [];
    const hits: Hit[] = [], number = dialled(text), calls = session.user !== null && session.may("control");
    if (NUMBER.test(text) && calls) hits.push({says: t("field.call", {who: text}), does: () => void this.call(number)});
    if (NUMBER.test(text)) hits.push({says: t("field.search", {who: text}), does: () => this.open(`/calls?number=${encodeURIComponent(number)}`)});
    else if (/^[0-9a-f]{8}-/.test(text)) hits.push({says: t("field.open"), does: () => this.open(`/calls/${encodeURIComponent(text)}`)});
    else if (text.includes("@")) hits.push({says: t("field.search", {who: text}), does: () => this.open(`/calls?user=${encodeURIComponent(text)}`)});
    for (const one of find(feed.picture.people.values(), text, favourites.set, session.user, 6))
      hits.push({
        says: html`<span class="lamp">${shape(one)}<span class="ell"><bdi>${calls ? t("field.call", {who: one.name}) : t("field.search", {who: one.name})}</bdi> <span class="q3">${one.number}</span></span>${does(one, feed.now())}</span>`,
        does: () => (calls ? void this.call(one.number, one.name) : this.open(`/calls?user=${encodeURIComponent(one.user)}`)),
      });
    const pages: [string, string][] = [[t("page.phone"), "/phone"], [t("page.people"), "/people"], [t("page.calls"), "/calls"], [t("page.live"), "/live"], [t("page.me"), "/me"]];
    for (const [name, path] of pages) if (name.toLowerCase().startsWith(text.toLowerCase())) hits.push({says: t("field.go", {page: name}), does: () => this.open(path)});
    return hits;
  }

  private open(path: string): void {
    this.text = "";
    this.querySelector("input")?.blur();
    go(path);
  }

  private async call(number: string, name = number): Promise<void> {
    this.text = "";
    this.said = t("calling", {who: name});
    this.said = await dial(number);
    setTimeout(() => { this.said = ""; }, 8_000);
  }

  private key(event: KeyboardEvent): void {
    const hits = this.hits();
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      this.at = (this.at + (event.key === "ArrowDown" ? 1 : hits.length - 1)) % Math.max(1, hits.length);
    } else if (event.key === "Enter") hits[Math.min(this.at, hits.length - 1)]?.does();
    else if (event.key === "Escape") {
      this.text = "";
      (event.target as HTMLInputElement).blur();
    }
  }

  protected override render(): TemplateResult {
    const hits = this.hits(), at = Math.min(this.at, hits.length - 1);
    return html`<div class="fieldbox"><label class="cmd">${glyph("search")}<span class="vh">${t("field")}</span>
        <input class="txt" role="combobox" aria-expanded=${hits.length > 0} aria-controls="field-hits" aria-autocomplete="list" aria-activedescendant=${hits.length ? `hit-${at}` : nothing}
          placeholder=${t("field")} autocomplete="off" spellcheck="false" .value=${this.text}
          @input=${(e: InputEvent) => { this.text = (e.target as HTMLInputElement).value; this.at = 0; }} @keydown=${this.key}><kbd>/</kbd></label>
      <ul id="field-hits" class="hits panel" role="listbox" aria-label=${t("field")} ?hidden=${!hits.length}>${hits.map((one, n) => html`<li id=${`hit-${n}`} role="option" aria-selected=${n === at} @pointerdown=${(e: Event) => { e.preventDefault(); one.does(); }}>${one.says}</li>`)}</ul>
      <span class="s13 q2 said" role="status">${this.said}</span></div>`;
  }
}
