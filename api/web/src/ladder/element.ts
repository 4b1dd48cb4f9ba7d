// The ladder of one call as an element: it measures its room, lays the call out anew for it, and grows while the call does.

import {html, type PropertyValues, type TemplateResult} from "lit";
import {feed} from "../live/feed";
import {Part} from "../parts/part";
import {ladder} from "./draw";
import {score, type Score} from "./layout";
import type {Document} from "./story";
import type {Scale} from "./time";

export class Ladder extends Part {
  static override properties = {call: {attribute: false}, scale: {}, times: {}, picked: {attribute: false}, cursor: {attribute: false}, names: {attribute: false}, you: {attribute: false}, room: {state: true}, lane: {state: true}};
  declare call: Document | null;
  declare scale: Scale;
  declare times: "clock" | "start";
  declare picked: number | null;
  /** seconds into the call where its recording is */
  declare cursor: number | null;
  declare names: ReadonlyMap<string, string>;
  declare you: string | null;
  declare room: number;
  declare lane: number | null;
  laid: Score | null = null;

  constructor() {
    super();
    this.call = null;
    this.scale = "folded";
    this.times = "clock";
    this.picked = null;
    this.cursor = null;
    this.names = new Map();
    this.you = null;
    this.room = 0;
    this.lane = null;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    const watch = new ResizeObserver(([entry]) => { this.room = Math.min(1_440, Math.floor(entry?.contentRect.width ?? 0)); });
    watch.observe(this);
    this.atEnd(() => watch.disconnect());
    this.hear(feed, "tick", () => { if (this.call && !this.call.ended_at) this.requestUpdate("now"); });
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (this.call && (changed.has("call") || !this.call.ended_at)) this.laid = score(this.call, feed.now());
  }

  protected override render(): TemplateResult {
    if (!this.laid || !this.room) return html``;
    return ladder(this.laid, {
      width: this.room, scale: this.scale, times: this.times, lane: this.lane, picked: this.picked, cursor: this.cursor, names: this.names, you: this.you,
      pick: (n) => this.dispatchEvent(new CustomEvent("pick", {detail: n})),
      hover: (lane) => { this.lane = lane; },
    });
  }
}
