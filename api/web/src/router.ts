// Addresses and pages: which page an address means, and how to go to one without asking the server for it again.

export type Page = "phone" | "people" | "calls" | "call" | "live" | "wall" | "me";
export interface Route {
  page: Page;
  /** of page "call" */
  id: string;
  query: URLSearchParams;
}

export function route(pathname: string, search: string): Route | null {
  const query = new URLSearchParams(search);
  const of = (page: Page, id = ""): Route => ({page, id, query});
  if (pathname === "/phone") return of("phone");
  if (pathname === "/people") return of("people");
  if (pathname === "/calls" || pathname === "/calls/") return of("calls");
  if (pathname.startsWith("/calls/")) {
    try {
      return of("call", decodeURIComponent(pathname.slice("/calls/".length)));
    } catch {
      return null;
    }
  }
  if (pathname === "/live") return of("live");
  if (pathname === "/wallboard") return of("wall");
  if (pathname === "/me") return of("me");
  return null;
}

export const callPath = (id: string): string => `/calls/${encodeURIComponent(id)}`;

/** Go there; `instead` of what is shown now, where going back should not return to it. */
export function go(path: string, instead = false): void {
  if (instead) history.replaceState(null, "", path);
  else history.pushState(null, "", path);
  dispatchEvent(new PopStateEvent("popstate"));
}

/** Clicks on links of ours lead to pages without loading; other keys and buttons do what browsers do. */
export function takeClicks(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = event.composedPath().find((one): one is HTMLAnchorElement => one instanceof HTMLAnchorElement);
  if (!link || link.target || link.hasAttribute("download") || link.origin !== location.origin || !route(link.pathname, "")) return;
  event.preventDefault();
  go(link.pathname + link.search);
}
