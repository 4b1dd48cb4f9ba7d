// From instants to places: true (linear), folded (a long stretch without change takes little room), between (even). Pure.

export type Scale = "folded" | "true" | "between";
export interface Stretch {
  from: number;
  until: number;
  x1: number;
  x2: number;
  folded: boolean;
}
export interface Axis {
  stretches: Stretch[];
  /** the place of a time, seconds since the call began */
  place(at: number): number;
  ticks: {at: number; x: number}[];
}

/** seconds without change that are folded, and the room of how many they take */
export const LONG = 74, FOLDED = 46;
const STEPS = [1, 2, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600];
/** px between two ticks, at least */
export const APART = 74;

/** The axis of changes (seconds, from 0 to `whole`) in a room from `left` to `right`; `began`: seconds of the day at 0. */
export function axis(changes: number[], whole: number, scale: Scale, left: number, right: number, began = 0, running = false): Axis {
  const points = [...new Set([0, ...changes, whole])].filter((at) => at >= 0 && at <= whole).sort((a, b) => a - b);
  const weighed: {from: number; until: number; weight: number; folded: boolean}[] = [];
  for (let n = 1; n < points.length; n++) {
    const from = points[n - 1] ?? 0, until = points[n] ?? 0, long = until - from;
    if (long <= 0) continue;
    const folded = scale === "folded" && long > LONG;
    weighed.push({from, until, folded, weight: scale === "between" ? 1 : folded ? FOLDED : long});
  }
  const sum = weighed.reduce((total, one) => total + one.weight, 0) || 1;
  const room = running && scale !== "between" ? stepped(sum, right - left) : (right - left) / sum;
  let x = left;
  const stretches = weighed.map(({from, until, weight, folded}) => {
    const x1 = x;
    x += weight * room;
    return {from, until, x1, x2: x, folded};
  });
  const place = (at: number): number => {
    for (const one of stretches) if (at <= one.until) return one.x1 + (Math.max(at, one.from) - one.from) / (one.until - one.from) * (one.x2 - one.x1);
    return x;
  };
  return {stretches, place, ticks: scale === "between" ? [] : ticks(stretches, place, whole, began, left, right, room)};
}

/** px a second: while a call runs it changes by steps of 20 %, never continuously. */
function stepped(sum: number, room: number): number {
  let whole = 20;
  while (whole < sum) whole *= 1.25;
  return room / whole;
}

function ticks(stretches: Stretch[], place: (at: number) => number, whole: number, began: number, left: number, right: number, room: number): {at: number; x: number}[] {
  const step = STEPS.find((one) => one * room >= APART) ?? STEPS.at(-1) ?? 1;
  const found: {at: number; x: number}[] = [];
  let last = -Infinity;
  for (let clock = Math.ceil(began / step) * step; clock <= began + whole; clock += step) {
    const at = clock - began, inside = stretches.find((one) => at >= one.from && at <= one.until);
    if (!inside || (inside.folded && at - inside.from > 0.5 && inside.until - at > 0.5)) continue;
    const x = place(at);
    if (x - last < APART || x < left || x + 56 > right + 4) continue;
    found.push({at, x});
    last = x;
  }
  return found;
}
