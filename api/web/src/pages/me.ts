// What somebody sets for himself: where his calls go, whether his phones ring, the language, light and dark, and going.

import {html, nothing, type TemplateResult} from "lit";
import {ask, Refused, type Settings} from "../api/client";
import {NAMES, spoken, t, type Key} from "../i18n/index";
import {possible, want, wanted} from "../live/notify";
import {Part} from "../parts/part";
import {session} from "../session";
import {speakAgain} from "./sign-in";

const KINDS = ["always", "busy", "no-answer"] as const;
const field = {always: "forward_always", busy: "forward_busy", "no-answer": "forward_no_answer"} as const;

export class Me extends Part {
  static override properties = {settings: {state: true}, said: {state: true}, theme: {state: true}};
  declare settings: Settings | null;
  declare said: {of: string; says: string; good: boolean} | null;
  declare theme: string;

  constructor() {
    super();
    this.settings = null;
    this.said = null;
    this.theme = localStorage.getItem("harmony.theme") ?? "";
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (session.user) ask<Settings>("/v1/me").then((found) => { this.settings = found; }, (problem: unknown) => { this.said = {of: "", says: problem instanceof Refused ? problem.message : t("away"), good: false}; });
  }

  private async put(of: string, path: string, body: unknown): Promise<void> {
    try {
      this.settings = await ask<Settings>(`/v1/users/${encodeURIComponent(session.user ?? "")}/${path}`, {method: "PUT", body});
      this.said = {of, says: t("me.saved"), good: true};
    } catch (problem) {
      this.said = {of, says: problem instanceof Refused ? problem.message : t("away"), good: false};
    }
  }

  private forward(event: SubmitEvent, kind: (typeof KINDS)[number]): void {
    event.preventDefault();
    const target = String(new FormData(event.target as HTMLFormElement).get("target") ?? "").replace(/[ ()/]/g, "");
    void this.put(kind, "forward", {kind, target: target || null});
  }

  private async notify(box: HTMLInputElement): Promise<void> {
    const good = await want(box.checked);
    this.said = {of: "notify", says: good ? t("me.saved") : t("me.notify.denied"), good};
    box.checked = wanted();
  }

  private paint(theme: string): void {
    this.theme = theme;
    if (theme) {
      localStorage.setItem("harmony.theme", theme);
      document.documentElement.dataset["theme"] = theme;
    } else {
      localStorage.removeItem("harmony.theme");
      delete document.documentElement.dataset["theme"];
    }
  }

  protected override render(): TemplateResult {
    const who = session.who, now = this.settings;
    return html`<div class="head"><h1>${t("page.me")}</h1><span class="q2">${now?.name ?? ""} ${who?.user ?? who?.name}</span></div><div class="me-lay">
      ${session.user ? html`<section class="panel"><header><h2>${t("me.forward")}</h2></header><div class="body col">${KINDS.map((kind) => html`<form class="row wrap" @submit=${(e: SubmitEvent) => this.forward(e, kind)}>
          <label class="grow"><span class="lab">${t(`me.forward.${kind}` as Key)}</span><input name="target" .value=${now?.[field[kind]] ?? ""} placeholder=${t("me.forward.no")} autocomplete="off" ?disabled=${!now}></label><button class="btn" ?disabled=${!now}>${t("save")}</button>${this.told(kind)}</form>`)}</div></section>
        <section class="panel"><header><h2>${t("phone.availability")}</h2></header><div class="body"><label class="row"><input type="checkbox" .checked=${now?.do_not_disturb ?? false} ?disabled=${!now} @change=${(e: Event) => void this.put("dnd", "do-not-disturb", {on: (e.target as HTMLInputElement).checked})}>${t("me.dnd")}</label>${this.told("dnd")}</div></section>` : nothing}
      <section class="panel"><header><h2>${t("me.page")}</h2></header><div class="body col">
        <div class="row wrap"><span class="lab">${t("me.language")}</span><span class="seg" role="group" aria-label=${t("me.language")}>${Object.entries(NAMES).map(([code, name]) => html`<button lang=${code} class=${code === spoken() ? "on" : ""} aria-pressed=${code === spoken()} @click=${() => speakAgain(code)}>${name}</button>`)}</span></div>
        ${session.user && possible() ? html`<div class="row wrap"><label class="row"><input type="checkbox" .checked=${wanted()} @change=${(e: Event) => void this.notify(e.target as HTMLInputElement)}>${t("me.notify")}</label>${this.told("notify")}</div>` : nothing}
        <div class="row wrap"><span class="lab">${t("me.theme")}</span><span class="seg" role="group" aria-label=${t("me.theme")}>${["", "light", "dark"].map((one) => html`<button class=${one === this.theme ? "on" : ""} aria-pressed=${one === this.theme} @click=${() => this.paint(one)}>${one === "light" ? t("theme.light") : one === "dark" ? t("theme.dark") : t("theme.system")}</button>`)}</span></div></div></section>
      <section class="panel"><header><h2>${t("me.session")}</h2></header><div class="body col"><p class="q2 s13">${t("me.session.says")}</p><div class="row wrap"><button class="btn" @click=${() => void session.end(false)}>${t("signout")}</button><button class="btn end" @click=${() => void session.end(true)}>${t("me.everywhere")}</button></div>${this.told("")}</div></section>
    </div>`;
  }

  private told(of: string): TemplateResult {
    return html`<p class="s13 st ${this.said?.good ? "talk" : "fail"}" role="status">${this.said?.of === of ? this.said.says : ""}</p>`;
  }
}
