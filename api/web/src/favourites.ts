// The colleagues that somebody has marked, kept at the server: the same in every browser of his.

import {ask} from "./api/client";
import {session} from "./session";

interface Told {
  favourites: string[];
}

class Favourites extends EventTarget {
  /** users, the one marked first before the others */
  list: readonly string[] = [];
  set: ReadonlySet<string> = new Set();
  private of: string | null = null;

  /** Ask once for who is signed in; fires `change`. */
  async look(again = false): Promise<void> {
    const user = session.user;
    if (this.of === user && !again) return;
    this.of = user;
    this.take(user ? await ask<Told>("/v1/me/favourites").catch(() => ({favourites: []})) : {favourites: []});
  }

  /** Mark somebody, or no longer; raises `Refused`. */
  async mark(user: string, on: boolean): Promise<void> {
    this.take(await ask<Told>(`/v1/me/favourites/${encodeURIComponent(user)}`, {method: on ? "PUT" : "DELETE"}));
  }

  private take(told: Told): void {
    this.list = told.favourites;
    this.set = new Set(told.favourites);
    this.dispatchEvent(new Event("change"));
  }
}

export const favourites = new Favourites();
