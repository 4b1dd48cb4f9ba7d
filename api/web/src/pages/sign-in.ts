// Signing in: a user with the password of the registry, or an operator with a token. Neither is kept by the page.

import {html, type TemplateResult} from "lit";
import {Refused, signIn} from "../api/client";
import {NAMES, speak, spoken, t} from "../i18n/index";
import {feed} from "../live/feed";
import {glyph, mark} from "../parts/glyphs";
import {Part} from "../parts/part";
import {session} from "../session";

export class SignIn extends Part {
  static override properties = {way: {state: true}, says: {state: true}, busy: {state: true}};
  declare way: "password" | "token";
  declare says: string;
  declare busy: boolean;

  constructor() {
    super();
    this.way = "password";
    this.says = "";
    this.busy = false;
  }

  protected override firstUpdated(): void {
    this.querySelector<HTMLInputElement>("input")?.focus();
  }

  private async send(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const form = event.target as HTMLFormElement, field = (name: string): string => String(new FormData(form).get(name) ?? "").trim();
    this.busy = true;
    this.says = "";
    try {
      await signIn(this.way === "token" ? {token: field("token")} : {user: field("user"), password: String(new FormData(form).get("password") ?? "")});
      form.reset();
      feed.again();
      await session.look();
    } catch (problem) {
      this.says = problem instanceof Refused ? refusal(problem) : t("signin.away");
      await this.updateComplete;
      this.querySelector<HTMLInputElement>("input:not([name=user])")?.select();
    } finally {
      this.busy = false;
    }
  }

  private turn(way: "password" | "token"): void {
    this.way = way;
    this.says = "";
    void this.updateComplete.then(() => this.querySelector("input")?.focus());
  }

  protected override render(): TemplateResult {
    const other = Object.keys(NAMES).find((one) => one !== spoken()) ?? "en";
    const wrong = this.says ? "true" : "false";
    return html`<main class="signin">
      <form @submit=${this.send}>
        ${mark}
        <h1>Harmony</h1>
        ${this.way === "password"
          ? html`<label>${t("signin.user")}<input name="user" autocomplete="username" required autocapitalize="none" spellcheck="false" placeholder="1001@alpha.example" pattern="[^@]+@[^@]+" title=${t("signin.user.form")}></label>
              <label>${t("signin.password")}<input name="password" type="password" autocomplete="current-password" required aria-invalid=${wrong} aria-describedby="says"></label>`
          : html`<label>${t("signin.token")}<input name="token" type="password" autocomplete="off" required aria-invalid=${wrong} aria-describedby="says"></label>`}
        <p id="says" role="alert" class="st fail s13" ?hidden=${!this.says}>${this.says ? glyph("fail") : ""}${this.says}</p>
        <button class="btn main-act" ?disabled=${this.busy}>${t("signin.do")}<kbd>Enter</kbd></button>
        <p class="s12 q2">${this.way === "password" ? t("signin.which") : t("signin.which.token")}
          <button type="button" class="link" lang=${other} @click=${() => speakAgain(other)}>${NAMES[other]}</button> ·
          <button type="button" class="link" @click=${() => this.turn(this.way === "token" ? "password" : "token")}>${this.way === "token" ? t("signin.with.password") : t("signin.with.token")}</button>
        </p>
      </form>
    </main>`;
  }
}

function refusal(problem: Refused): string {
  if (problem.code === "login.refused") return t("signin.refused");
  if (problem.code === "session.bad-token") return t("signin.refused.token");
  if (problem.code === "login.too-often") return t("signin.wait", {seconds: problem.wait || (/\d+/.exec(problem.message)?.[0] ?? "")});
  return problem.message;
}

export function speakAgain(language: string): void {
  speak(language);
  dispatchEvent(new Event("harmony-language"));
}
