// A field that takes a number or a name: as one types it offers colleagues with their lamps. What is meant, `number` says.

import {html, nothing, type TemplateResult} from "lit";
import type {Person} from "../api/client";
import {favourites} from "../favourites";
import {t} from "../i18n/index";
import {feed} from "../live/feed";
import {dialled, find, NUMBER} from "../people";
import {session} from "../session";
import {does, shape} from "./lamp";
import {Part} from "./part";

let made = 0;

/** Put it into a form with the `label` and `hint` of its input: Enter submits the form, and `number()` gives what to dial. */
export class Who extends Part {
  static override properties = {label: {}, hint: {}, text: {state: true}, at: {state: true}, open: {state: true}};
  declare label: string;
  declare hint: string;
  declare text: string;
  declare at: number;
  declare open: boolean;
  private readonly list = `who-${++made}`;

  constructor() {
    super();
    this.label = "";
    this.hint = "";
    this.text = "";
    this.at = 0;
    this.open = false;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void favourites.look();
    this.hear(feed, "change", () => this.open && this.requestUpdate());
    this.hear(this, "focusout", () => { this.open = false; });
  }

  private hits(): Person[] {
    return find(feed.picture.people.values(), this.text, favourites.set, session.user);
  }

  /** What to dial; null where nobody is meant. A number that was typed is dialled as it stands, unless somebody was chosen. */
  number(): string | null {
    const text = this.text.trim(), hits = this.hits();
    if (NUMBER.test(text) && (this.at === 0 || !hits.length)) return dialled(text);
    const chosen = hits[NUMBER.test(text) ? this.at - 1 : Math.min(this.at, hits.length - 1)];
    return chosen?.number ?? null;
  }

  /** As it was before anything was typed; says so where nobody was meant. */
  clear(): void {
    this.text = "";
    this.at = 0;
    this.open = false;
  }

  /** Put the cursor here. */
  override focus(): void {
    this.querySelector("input")?.focus();
  }

  private key(event: KeyboardEvent): void {
    const count = this.hits().length + Number(NUMBER.test(this.text.trim()));
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      this.open = true;
      this.at = (this.at + (event.key === "ArrowDown" ? 1 : Math.max(1, count) - 1)) % Math.max(1, count);
    } else if (event.key === "Escape" && this.open && count) {
      event.stopPropagation();
      this.open = false;
    } else if (event.key === "Enter" && this.text.trim() && this.number() === null) event.preventDefault(); // the line below says why
  }

  private take(n: number): void {
    this.at = n;
    const form = this.closest("form");
    if (form) form.requestSubmit();
  }

  protected override render(): TemplateResult {
    const hits = this.hits(), text = this.text.trim(), number = NUMBER.test(text), count = hits.length + Number(number);
    const shown = this.open && hits.length > 0, at = Math.min(this.at, count - 1), nobody = text !== "" && !count;
    const option = (n: number, body: TemplateResult): TemplateResult => html`<li id="${this.list}-${n}" role="option" aria-selected=${n === at} @pointerdown=${(e: Event) => { e.preventDefault(); this.take(n); }}>${body}</li>`;
    return html`<div class="who"><input name="to" role="combobox" autocomplete="off" spellcheck="false" required aria-label=${this.label} placeholder=${this.hint || t("who.hint")} aria-expanded=${shown} aria-controls=${this.list}
        aria-autocomplete="list" aria-activedescendant=${shown ? `${this.list}-${at}` : nothing} .value=${this.text}
        @input=${(e: InputEvent) => { this.text = (e.target as HTMLInputElement).value; this.at = 0; this.open = true; }} @keydown=${this.key}>
      <ul id=${this.list} class="hits panel" role="listbox" aria-label=${this.label || t("who.hint")} ?hidden=${!shown}>${shown && number ? option(0, html`${t("who.number", {who: text})}`) : nothing}${
        shown ? hits.map((one, n) => option(n + Number(number), html`<span class="lamp">${shape(one)}<span class="ell"><bdi>${one.name}</bdi> <span class="q3">${one.number}</span></span>${does(one, feed.now())}</span>`)) : nothing}</ul>
      <span class="s12 q2 nobody" role="status">${nobody ? t("who.nobody", {who: text}) : ""}</span></div>`;
  }
}
