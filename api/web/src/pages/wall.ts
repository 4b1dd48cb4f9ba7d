// The wallboard: who waits, how long, how good today is, and what the agents do; read from afar, nothing to press.

import {html, nothing, svg, type TemplateResult} from "lit";
import {repeat} from "lit/directives/repeat.js";
import {ask, Refused} from "../api/client";
import {duration, figure, isoDay, millis, share} from "../format";
import {place, t, type Key} from "../i18n/index";
import {feed} from "../live/feed";
import {state} from "../parts/glyphs";
import {keys} from "../parts/keys";
import {Part} from "../parts/part";
import {session} from "../session";
import {boards, doing, face, type AgentNow, type Board, type Queues} from "./wallboard";

/** ms between two looks where nothing is heard, and at least between any two */
const EVERY = 5_000, PAUSE = 1_000;
/** the share of callers who are to be answered within the target */
const GOAL = 0.8;
/** faces in a row; more are told as a number */
const FACES = 12;

export class Wall extends Part {
  static override properties = {found: {state: true}, agents: {state: true}, said: {state: true}};
  declare found: Queues | null;
  declare agents: AgentNow[] | null;
  declare said: string;
  private looked = 0;
  private asking = false;
  private due = 0;

  constructor() {
    super();
    this.found = null;
    this.agents = null;
    this.said = "";
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.hear(feed, "change", () => this.soon());
    this.hear(feed, "tick", () => {
      if (Date.now() - this.looked >= EVERY) void this.look();
      this.requestUpdate();
    });
    this.atEnd(() => clearTimeout(this.due));
    this.atEnd(keys([{key: "f", says: t("wall.full"), does: () => void this.full()}]));
    void this.look();
  }

  /** Something happened in a call: look again, but not more often than once a second. */
  private soon(): void {
    clearTimeout(this.due);
    this.due = window.setTimeout(() => void this.look(), Math.max(50, this.looked + PAUSE - Date.now()));
  }

  private async look(): Promise<void> {
    if (this.asking) return;
    this.asking = true;
    this.looked = Date.now();
    try {
      const since = isoDay(feed.now(), place);
      const [found, told] = await Promise.all([
        ask<Queues>(`/v1/centre/queues?${new URLSearchParams({since, time_zone: place.zone})}`), ask<{agents: AgentNow[]}>("/v1/centre/agents"),
      ]);
      this.found = found;
      this.agents = told.agents;
      this.said = "";
    } catch (problem) {
      this.said = problem instanceof Refused ? problem.message : t("away");
    } finally {
      this.asking = false;
    }
  }

  private async full(): Promise<void> {
    await (document.fullscreenElement ? document.exitFullscreen() : this.requestFullscreen()).catch(() => undefined);
  }

  protected override render(): TemplateResult {
    const found = this.found, now = feed.now(), shown = found ? boards(found) : [];
    return html`<div class="head"><h1>${t("page.wall")}</h1>${session.who?.tenant ? html`<span class="q2">${session.who.tenant}</span>` : nothing}<button class="btn push" @click=${() => void this.full()}>${t("wall.full")}<kbd>F</kbd></button></div>
      <p class="said s13" role="status">${this.said ? state("fail", this.said, "fail") : ""}</p>
      <div class="wall">${found === null ? html`<section class="panel"><span class="ghost"></span></section>` : shown.length ? repeat(shown, (one) => one.key, (one) => this.queue(one, found.target_seconds, now)) : html`<section class="panel q"><h2>${t("wall.none")}</h2><p class="q2">${t("wall.none.says")}</p></section>`}
      ${this.team(now)}</div>`;
  }

  private queue(one: Board, target: number, now: number): TemplateResult {
    const waits = one.waiting.map((who) => (now - millis(who.since)) / 1_000), longest = Math.max(0, ...waits), m = one.measures;
    const level = m?.service_level.negative ?? null, good = level === null || level >= GOAL, past = face(longest, target).shape;
    const calls = `/calls?${new URLSearchParams({queue: one.queue, since: isoDay(now, place)})}`;
    return html`<section class="panel q" aria-label=${one.queue}><h2><bdi>${one.queue}</bdi><small>${session.who?.tenant ? "" : html`${one.tenant} · `}${t("wall.target", {share: share(GOAL, 1, place), seconds: figure(target, place)})}</small></h2>
      <div class="nows"><div><div class="lb">${t("wall.waiting")}</div><div class="huge">${figure(waits.length, place)}</div></div><div><div class="lb">${t("wall.longest")}</div><div class="huge st ${waits.length === 0 ? "" : past === "diamond" ? "fail" : past === "square" ? "queue" : ""}">${waits.length ? duration(longest) : "–"}</div></div></div>
      <ul class="faces" aria-label=${t("wall.waiting")}>${repeat(one.waiting.slice(0, FACES), (who) => who.call_id, (who, n) => html`<li><a href="/calls/${encodeURIComponent(who.call_id)}" title=${who.party ?? ""}>${mark(waits[n] ?? 0, target)}<span class="vh"><bdi>${who.party}</bdi> ${duration(waits[n] ?? 0)}</span></a></li>`)}${one.waiting.length > FACES ? html`<li class="more">+${figure(one.waiting.length - FACES, place)}</li>` : nothing}</ul>
      <div class="level"><div class="large st ${good ? "" : "fail"}">${level === null ? "–" : share(level, 1, place)}</div><div class="grow"><div class="row lb"><span>${t("wall.level")}</span><span class="push">${level === null ? "" : state(good ? "talk" : "fail", t(good ? "wall.above" : "wall.below", {share: share(GOAL, 1, place)}), good ? "ok" : "warn")}</span></div>
        <svg class="bullet" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true"><rect width="100" height="10" class="sunk"/><rect width=${(level ?? 0) * 100} height="10" class="ink"/><rect x=${GOAL * 100 - 0.4} y="-3" width="0.8" height="16" class="goal"/></svg></div></div>
      <div class="three"><a class="plain" href="${calls}&outcome=answered"><b>${figure(m?.answered ?? 0, place)}</b><span class="lb">${t("wall.answered")}</span></a><a class="plain" href="${calls}&outcome=abandoned"><b>${figure(m?.abandoned ?? 0, place)}</b><span class="lb">${t("wall.abandoned")}</span></a><a class="plain" href=${calls}><b>${m?.average_speed_of_answer == null ? "–" : duration(m.average_speed_of_answer)}</b><span class="lb">${t("wall.average")}</span></a></div></section>`;
  }

  private team(now: number): TemplateResult {
    const agents = this.agents ?? [], free = agents.filter((one) => doing(one).word === "free").length;
    const name = (one: AgentNow): string => feed.picture.people.get(one.agent)?.name ?? one.agent.split("@")[0] ?? one.agent;
    return html`<section class="panel q team" aria-label=${t("wall.agents")}><h2>${t("wall.agents")}<small>${free ? t("wall.free", {n: free}) : t("wall.free.none")}</small></h2>
      ${agents.length ? html`<ul>${repeat(agents, (one) => `${one.agent} ${one.switch}`, (one) => { const how = doing(one); return html`<li><span class="name ell"><bdi>${name(one)}</bdi></span><span>${state(how.kind, t(`wall.does.${how.word}` as Key), how.shape)}</span><span class="tm">${duration((now - millis(one.since)) / 1_000)}</span></li>`; })}</ul>` : html`<p class="q2">${t("wall.agents.none")}</p>`}</section>`;
  }
}

function mark(seconds: number, target: number): TemplateResult {
  const how = face(seconds, target), shown = seconds < 600 ? String(Math.max(0, Math.floor(seconds))) : `${Math.floor(seconds / 60)}m`;
  const figures = (light: boolean) => svg`<text x="36" y="46" text-anchor="middle" class=${light ? "light" : ""}>${shown}</text>`;
  switch (how.shape) {
    case "diamond": return html`<svg class="face fail" viewBox="0 0 72 72" aria-hidden="true"><path d="M36 1L71 36 36 71 1 36Z" fill="var(--c)"/>${figures(true)}</svg>`;
    case "square": return html`<svg class="face queue" viewBox="0 0 72 72" aria-hidden="true"><rect x="6" y="6" width="60" height="60" fill="var(--c)"/>${figures(true)}</svg>`;
    case "ring": return html`<svg class="face queue" viewBox="0 0 72 72" aria-hidden="true"><circle cx="36" cy="36" r="28" fill="none" stroke="var(--line)" stroke-width="7"/><circle cx="36" cy="36" r="28" fill="none" stroke="var(--c)" stroke-width="7" stroke-dasharray="${how.share * 175.9} 175.9" transform="rotate(-90 36 36)"/>${figures(false)}</svg>`;
  }
}
