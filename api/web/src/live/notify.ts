// The browser tells of a call that rings here while another window is in front. Asked for by a click, kept in this browser.

import {t} from "../i18n/index";
import {mine} from "../pages/mine";
import {go} from "../router";
import {session} from "../session";
import {feed} from "./feed";

const KEPT = "harmony.notify";
const shown = new Map<string, Notification>();

export const possible = (): boolean => "Notification" in window;
export const wanted = (): boolean => possible() && Notification.permission === "granted" && localStorage.getItem(KEPT) === "on";

/** Have it or not; whether that could be. The browser asks the person, once. */
export async function want(on: boolean): Promise<boolean> {
  localStorage.setItem(KEPT, on ? "on" : "off");
  if (on && possible() && Notification.permission === "default") await Notification.requestPermission();
  return wanted() === on;
}

export function tellOfCalls(): void {
  feed.addEventListener("change", () => {
    const me = session.user?.split("@")[0];
    if (!me || !wanted()) return;
    const ringing = mine(feed.picture.calls.values(), me).filter((one) => one.doing === "rings");
    for (const [id, one] of shown) if (!ringing.some((call) => call.call.call_id === id)) {
      one.close();
      shown.delete(id);
    }
    if (!document.hidden && document.hasFocus()) return;
    for (const one of ringing) {
      const id = one.call.call_id;
      if (shown.has(id)) continue;
      const told = new Notification(t("notify.rings", {who: one.name}), {body: one.name === one.other ? "" : one.other, tag: id});
      told.onclick = () => {
        window.focus();
        go("/phone");
      };
      shown.set(id, told);
    }
  });
}
