// Who is signed in, for all pages of this tab.

import {ask, Refused, signOut, type Who} from "./api/client";
import {feed} from "./live/feed";

class Session extends EventTarget {
  /** null: nobody, or not known yet */
  who: Who | null = null;
  known = false;

  /** Find out; fires `change`. */
  async look(): Promise<void> {
    try {
      this.who = await ask<Who>("/v1/whoami");
    } catch (problem) {
      if (!(problem instanceof Refused)) {
        setTimeout(() => void this.look(), 2_000); // the server is away: what was known stays
        return;
      }
      this.who = null;
    }
    this.known = true;
    this.dispatchEvent(new Event("change"));
    if (this.who) feed.start();
  }

  async end(everywhere: boolean): Promise<void> {
    await signOut(everywhere).catch((problem: unknown) => {
      if (!(problem instanceof Refused)) throw problem;
    });
    feed.again();
    this.who = null;
    this.dispatchEvent(new Event("change"));
  }

  /** Whether a person has a phone of his own here. */
  get user(): string | null {
    return this.who?.user ?? null;
  }
  may(scope: "read" | "subscribe" | "control" | "operate"): boolean {
    return this.who?.scopes.includes(scope) ?? false;
  }
}

export const session = new Session();
