import {expect, it} from "vitest";
import {Pages, type PageOf} from "./window";

const settled = (): Promise<void> => new Promise((done) => setTimeout(done));
const numbers = (whole: number, asked: (string | null)[]) => async (after: string | null, size: number): Promise<PageOf<number>> => {
  asked.push(after);
  const from = Number(after ?? 0), rows = Array.from({length: Math.min(size, whole - from)}, (_, n) => from + n);
  return {rows, next: from + size < whole ? String(from + size) : null};
};

it("goes down and up by cursors, and keeps what is near", async () => {
  const asked: (string | null)[] = [], pages = new Pages<number>(numbers(95, asked), () => undefined, 10, 4);
  for (let n = 0; n < 95; n += 10) {
    pages.need(n, n + 9);
    await settled();
    expect(pages.row(n)).toBe(n);
  }
  expect([pages.count, pages.whole, pages.row(94), pages.row(95)]).toEqual([95, true, 94, null]);
  expect(pages.row(5)).toBeNull();
  pages.need(0, 9);
  await settled();
  expect(pages.row(5)).toBe(5);
  expect(asked.filter((after) => after === null).length).toBe(2);
});

it("a page is asked for once, and a new beginning forgets the rest", async () => {
  const asked: (string | null)[] = [], pages = new Pages<number>(numbers(30, asked), () => undefined, 10);
  pages.need(0, 9);
  pages.need(0, 9);
  await settled();
  expect(asked).toEqual([null]);
  pages.begin({rows: [7], next: null});
  expect([pages.count, pages.row(0), pages.whole]).toEqual([1, 7, true]);
  const empty = new Pages<number>(numbers(0, asked), () => undefined, 10);
  empty.need(0, 9);
  await settled();
  expect([empty.count, empty.whole]).toEqual([0, true]);
});
