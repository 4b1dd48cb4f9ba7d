// The keys of the pages: one table of what a key does now. In a text field none acts.

export interface Key {
  /** as KeyboardEvent.key has it, in lower case; with "shift " before it where Shift is needed */
  key: string;
  says: string;
  does(): void;
}

const layers: Key[][] = [];

/** Take keys until the answer is called; the newest layer wins. */
export function keys(own: Key[]): () => void {
  layers.push(own);
  return () => {
    const at = layers.indexOf(own);
    if (at >= 0) layers.splice(at, 1);
  };
}

export const known = (): Key[] => layers.flat();

const writes = (target: EventTarget | undefined): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(input|textarea|select)$/i.test(target.tagName));

/** What a blank presses by itself. */
const pressed = (target: EventTarget | undefined): boolean => target instanceof HTMLElement && /^(button|summary|a)$/i.test(target.tagName);

let prefix = 0;
const GOES: Record<string, string> = {p: "/phone", e: "/people", c: "/calls", l: "/live", w: "/wallboard", m: "/me"};

/** Give a key to whoever takes it. */
export function press(event: KeyboardEvent, go: (path: string) => void): void {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || writes(event.composedPath()[0]) || (event.key === " " && pressed(event.composedPath()[0]))) return;
  const bare = event.key.toLowerCase();
  if (prefix && Date.now() - prefix < 1_500 && GOES[bare]) {
    prefix = 0;
    event.preventDefault();
    return go(GOES[bare]);
  }
  prefix = 0;
  const name = event.shiftKey && /^[a-z[\]{}]$/.test(bare) ? `shift ${bare}` : bare;
  for (const layer of [...layers].reverse()) {
    const found = layer.find((one) => one.key === name);
    if (found) {
      event.preventDefault();
      return found.does();
    }
  }
  if (bare === "g") prefix = Date.now();
}
