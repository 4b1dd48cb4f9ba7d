// The frame around all pages: where one may go, who one is, how good the connection is, and the page itself.

import {html, nothing, type TemplateResult} from "lit";
import {keyed} from "lit/directives/keyed.js";
import {clock, duration} from "../format";
import {place, t} from "../i18n/index";
import {feed} from "../live/feed";
import {go, route, takeClicks, type Page, type Route} from "../router";
import {session} from "../session";
import {glyph, mark} from "./glyphs";
import {known, keys, press} from "./keys";
import {Part} from "./part";
import {past} from "../past";

const PAGES: {page: Page; path: string; key: string}[] = [
  {page: "phone", path: "/phone", key: "P"},
  {page: "people", path: "/people", key: "E"},
  {page: "calls", path: "/calls", key: "C"},
  {page: "live", path: "/live", key: "L"},
  {page: "wall", path: "/wallboard", key: "W"},
  {page: "me", path: "/me", key: "M"},
];
const named = (page: Page): string =>
  ({phone: t("page.phone"), people: t("page.people"), calls: t("page.calls"), call: t("page.calls"), live: t("page.live"), wall: t("page.wall"), me: t("page.me")})[page];

export class App extends Part {
  static override properties = {at: {state: true}, turn: {state: true}, help: {state: true}};
  declare at: Route | null;
  declare turn: number;
  declare help: boolean;
  constructor() {
    super();
    this.at = null;
    this.turn = 0;
    this.help = false;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.hear(window, "popstate", () => this.arrive());
    this.hear(window, "harmony-language", () => { this.turn++; });
    this.hear(document, "click", (event) => takeClicks(event as MouseEvent));
    this.hear(document, "keydown", (event) => this.who && press(event as KeyboardEvent, go));
    this.hear(session, "change", () => this.arrive());
    this.hear(feed, "denied", () => void session.look());
    this.hear(feed, "admitted", () => void session.look());
    this.hear(past, "change", () => this.requestUpdate());
    this.atEnd(keys([
      {key: "?", says: t("key.help"), does: () => { this.help = !this.help; }},
      {key: "escape", says: t("key.back"), does: () => { this.help = false; past.end(); }},
    ]));
    void session.look();
  }

  private get who(): boolean {
    return session.who !== null;
  }

  private arrive(): void {
    let found = route(location.pathname, location.search);
    if (session.who && !found) {
      const home = session.user ? "/phone" : "/live";
      history.replaceState(null, "", home);
      found = route(home, "");
    }
    const same = this.at && found && this.at.page === found.page && this.at.id === found.id;
    this.at = found;
    document.title = found ? `${named(found.page)} · Harmony` : "Harmony";
    this.turn = same ? this.turn : this.turn + 1;
    this.requestUpdate();
  }

  protected override render(): TemplateResult {
    if (!session.known) return html`<main class="signin" aria-busy="true">${mark}</main>`;
    if (!session.who) return html`${keyed(this.turn, html`<harmony-sign-in></harmony-sign-in>`)}`;
    const who = session.who, here = this.at?.page ?? "live", current = here === "call" ? "calls" : here;
    const pages = PAGES.filter((one) => (one.page !== "phone" || session.user !== null) && (one.page !== "wall" || who.role !== "user"));
    const links = (tab: boolean): TemplateResult[] =>
      pages.map((one) => html`<a href=${one.path} aria-current=${one.page === current ? "page" : nothing}>${named(one.page)}${!tab && one.page === "live" ? html`<harmony-count class="cnt"></harmony-count>` : nothing}</a>`);
    return html`<a class="skip" href="#main" @click=${this.skip}>${t("skip")}</a><div class="app">
      <aside class="side" aria-label="Harmony">
        <div class="brand">${mark}<span>Harmony</span></div>
        <nav class="nav" aria-label=${t("pages")}>${links(false)}</nav>
        <div class="me"><span class="b ell">${who.user?.split("@")[0] ?? who.name} <span class="q3">${roleWord(who.role)}</span></span>
          <span class="q3 s12 ell">${who.tenant ?? t("all.companies")}</span>
          <button class="btn sm quiet out" @click=${() => void session.end(false)}>${t("signout")}</button></div>
      </aside>
      <header class="top"><harmony-field></harmony-field><harmony-connection></harmony-connection></header>
      <main class="main" id="main" tabindex="-1">${keyed(this.turn, this.page())}</main>
      <nav class="tabs" aria-label=${t("pages")}>${links(true)}</nav>
    </div>
    ${this.help ? html`<harmony-keys .end=${() => { this.help = false; }}></harmony-keys>` : nothing}`;
  }

  private skip(event: Event): void {
    event.preventDefault();
    this.querySelector<HTMLElement>("#main")?.focus();
  }

  private page(): TemplateResult {
    const at = this.at;
    switch (at?.page) {
      case "phone": return html`<harmony-phone></harmony-phone>`;
      case "people": return html`<harmony-people></harmony-people>`;
      case "calls": return html`<harmony-calls .search=${location.search}></harmony-calls>`;
      case "call": return html`<harmony-one-call .call_id=${at.id}></harmony-one-call>`;
      case "live": return html`<harmony-live></harmony-live>`;
      case "wall": return html`<harmony-wall></harmony-wall>`;
      case "me": return html`<harmony-me></harmony-me>`;
      default: return html``;
    }
  }
}

const roleWord = (role: string): string =>
  ({user: "", supervisor: t("role.supervisor"), "company-admin": t("role.company-admin"), operator: t("role.operator")})[role] ?? role;

/** Live, reconnecting, stale since, or the past: what the page shows, and of when. */
export class ConnectionState extends Part {
  private was = "live";
  private lost = 0;
  private back: {gap: number} | null = null;

  override connectedCallback(): void {
    super.connectedCallback();
    for (const what of ["tick", "change"]) this.hear(feed, what, () => this.look());
    this.hear(past, "change", () => this.requestUpdate());
  }

  private look(): void {
    const how = feed.connection();
    if (how.state === "stale" && this.was !== "stale") {
      this.lost = how.since;
    }
    if (how.state === "live" && this.was === "stale") {
      this.back = {gap: (Date.now() - this.lost) / 1_000};
      setTimeout(() => { this.back = null; this.requestUpdate(); }, 15_000);
    }
    if (how.state !== "reconnecting") this.was = how.state;
    document.documentElement.dataset["connection"] = how.state;
    this.requestUpdate();
  }

  protected override render(): TemplateResult {
    if (past.at !== null) return html`<span class="conn past" role="status">${glyph("past")}<span class="txt">${t("conn.past")}</span><time>${clock(past.at, place)}</time></span>`;
    const how = feed.connection();
    switch (how.state) {
      case "connecting": return html`<span class="conn waits" role="status">${glyph("again")}<span class="txt">${t("conn.first")}</span></span>`;
      case "live": return html`<span class="conn">${glyph("live")}<span class="txt" role="status">${this.back ? t("conn.back", {gap: duration(this.back.gap)}) : t("conn.live")}</span><time>${clock(feed.now(), place)}</time></span>`;
      case "reconnecting": return html`<span class="conn warned" role="status">${glyph("again")}<span class="txt">${t("conn.again")}</span><time>${duration((Date.now() - how.since) / 1_000)}</time></span>`;
      case "stale": return html`<span class="conn stale" role="status">${glyph("stale")}<b>${t("conn.stale", {time: clock(how.since + feed.picture.ahead, place)})}</b></span>`;
    }
  }
}

/** How many calls are live. */
export class Count extends Part {
  override connectedCallback(): void {
    super.connectedCallback();
    this.hear(feed, "change", () => this.requestUpdate());
  }
  protected override render(): TemplateResult {
    return html`${feed.picture.calls.size || ""}`;
  }
}

/** All keys that do something here. */
export class KeyList extends Part {
  end: () => void = () => undefined;
  protected override firstUpdated(): void {
    this.querySelector("dialog")?.showModal();
  }
  protected override render(): TemplateResult {
    const fixed: [string, string][] = [["G P", t("page.phone")], ["G E", t("page.people")], ["G C", t("page.calls")], ["G L", t("page.live")], ["G W", t("page.wall")], ["G M", t("page.me")], ["/", t("field.focus")]];
    const shown = known().map((one): [string, string] => [one.key.replace("shift ", "Shift ").toUpperCase().replace("SHIFT", "Shift").replace("ESCAPE", "Esc"), one.says]);
    return html`<dialog class="panel keys" @close=${() => this.end()} aria-labelledby="keys-title"><h2 id="keys-title">${t("key.help")}</h2>
      <dl>${[...fixed, ...shown].map(([key, says]) => html`<dt><kbd>${key}</kbd></dt><dd>${says}</dd>`)}</dl>
      <form method="dialog"><button class="btn" autofocus>${t("close")}<kbd>Esc</kbd></button></form></dialog>`;
  }
}
