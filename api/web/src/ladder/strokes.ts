// The stroke of each kind of segment, as paths: what a shape looks like, wherever it is drawn. Pure.

/** From a place in time and a place across to x and y: lanes may lie or stand. */
export type Place = (along: number, across: number) => [number, number];
export interface Stroke {
  kind: string;
  path: string;
  /** filled; else the width of the line, px */
  width: number | null;
  /** in the colour of the ground: a light line in a bar */
  cut?: boolean;
  dash?: string;
}

const n1 = (n: number): number => Math.round(n * 10) / 10;
/** px; no stroke is shorter */
export const LEAST = 1.5;

export const lying: Place = (along, across) => [along, across];
export const standing: Place = (along, across) => [across, along];

export function stroke(kind: string, from: number, to: number, lane: number, bar: number, place: Place = lying): Stroke[] {
  const half = bar / 2, end = Math.max(to, from + LEAST), big = bar > 9;
  const p = (along: number, across: number): string => place(along, across).map(n1).join(" ");
  const line = (a: number, b: number, c: number, d: number): string => `M${p(a, b)}L${p(c, d)}`;
  const box = (a: number, b: number, c: number, d: number): string => `M${p(a, c)}L${p(b, c)}L${p(b, d)}L${p(a, d)}Z`;
  const filled = (path: string): Stroke => ({kind, path, width: null});
  const lined = (path: string, width: number, more: Partial<Stroke> = {}): Stroke => ({kind, path, width, ...more});
  switch (kind) {
    case "talk": return [filled(box(from, end, lane - half, lane + half))];
    case "consult": return [filled(box(from, end, lane - half, lane + half)), lined(line(from, lane, end, lane), n1(bar / 5), {cut: true})];
    case "conference": return [filled(box(from, end, lane - half, lane + half)), lined(line(from, lane - half / 2.6, end, lane - half / 2.6) + line(from, lane + half / 2.6, end, lane + half / 2.6), n1(bar / 8), {cut: true})];
    case "ring": {
      let path = "";
      for (let x = from + 1; x < Math.max(end - 0.5, from + 1.1); x += big ? 5 : 4) path += line(x, lane - half, x, lane + half);
      return [lined(path, big ? 2 : 1.6)];
    }
    case "queue": {
      const r = big ? 3 : 2.2, step = big ? 10 : 7.5;
      let path = "";
      for (let x = from + r; x <= Math.max(end - r, from + r) + 0.1; x += step) {
        const [cx, cy] = place(x, lane);
        path += `M${n1(cx - r)} ${n1(cy)}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`;
      }
      return [filled(path)];
    }
    case "hold": return [lined(line(from, lane - half + 1.2, end, lane - half + 1.2) + line(from, lane + half - 1.2, end, lane + half - 1.2), big ? 2.5 : 2)];
    case "park": return [lined(box(from + 1, Math.max(end - 1, from + 1.5), lane - half + 1, lane + half - 1), big ? 2 : 1.6)];
    case "ivr": return [lined(line(from, lane, end, lane), big ? 3 : 2.4)];
    case "voicemail": return [lined(line(from, lane, end, lane), big ? 6 : 4.5, {dash: "11 3"})];
    case "doubt": {
      let path = "";
      for (let x = from; x < end; x += 4) path += line(x, lane + half, Math.min(x + half, end), lane - half);
      return [lined(path, 1.2)];
    }
    default: return [{kind: "sound", path: line(from, lane, end, lane), width: 2}];
  }
}
