// The live calls as the pages of a tab see them: by the worker that all tabs share, else by a stream of the tab's own.

import workerUrl from "./worker?sharedworker&url";
import {scriptUrl} from "../trusted";
import {follow, type Status} from "./follow";
import {connection, instant, NOTHING, take, type Connection, type Message, type Picture} from "./state";
import type {FromTab, ToTab} from "./worker";

class Feed extends EventTarget {
  picture: Picture = NOTHING;
  status: Status = {open: false, heard: 0, denied: false};
  private started = false;
  private told = "";
  private drawing = false;
  private tell: (what: FromTab) => void = () => undefined;

  /** Fires `change` (the picture; at most once a frame), `tick` (each second), `denied`. */
  start(): void {
    if (this.started) return;
    this.started = true;
    if (typeof SharedWorker === "function") {
      const worker = new SharedWorker(scriptUrl(workerUrl) as string, {type: "module", name: "harmony"});
      worker.port.onmessage = ({data}: MessageEvent<ToTab>) => this.took(data);
      worker.port.start();
      this.tell = (what) => worker.port.postMessage(what);
      addEventListener("pagehide", () => this.tell("bye"));
      // A page that comes back from the browser's cache has missed what was said meanwhile.
      addEventListener("pageshow", (event) => event.persisted && location.reload());
    } else {
      const own = follow((messages, status) => this.took({status, messages}));
      this.tell = (what) => what === "again" && own.again();
    }
    setInterval(() => this.dispatchEvent(new Event("tick")), 1_000);
  }

  /** Somebody signed in or out. */
  again(): void {
    this.picture = NOTHING;
    this.tell("again");
  }

  connection(): Connection {
    return connection(this.status.open, this.status.heard, Date.now());
  }

  /** The server's instant that the page shows, ms. */
  now(): number {
    return instant(this.connection(), Date.now(), this.picture.ahead);
  }

  private took({status, picture, messages}: ToTab): void {
    const denied = status.denied && !this.status.denied, admitted = this.status.denied && status.open;
    this.status = status;
    if (picture) this.picture = picture;
    if (!status.open && !status.heard) this.picture = NOTHING;
    for (const message of messages ?? []) this.picture = take(this.picture, message as Message, Date.now());
    if (denied) this.dispatchEvent(new Event("denied"));
    if (admitted) this.dispatchEvent(new Event("admitted"));
    const how = this.connection().state;
    const quiet = !picture && messages?.every((m) => m.kind === "health") && how === this.told;
    this.told = how;
    if (quiet || this.drawing) return;
    this.drawing = true;
    setTimeout(() => {
      this.drawing = false;
      this.dispatchEvent(new Event("change"));
    }, 40);
  }
}

export const feed = new Feed();
