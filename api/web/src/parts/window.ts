// Pages of a long list of which only those near the eye are kept: the cursor of each is known, so it can be asked again,
// up as well as down. Pure but for the asking, which is given.

export interface PageOf<Row> {
  rows: Row[];
  next: string | null;
}

export class Pages<Row> {
  /** rows a page, all but the last */
  readonly size: number;
  private cursors: (string | null)[] = [null];
  private kept = new Map<number, Row[]>();
  private asking = new Set<number>();
  private end = false;
  private last = 0;
  private turn = 0;

  constructor(private ask: (after: string | null, size: number) => Promise<PageOf<Row>>, private told: () => void, size = 100, private most = 30) {
    this.size = size;
  }

  /** Rows that are known to be there. */
  get count(): number {
    return this.end ? (this.cursors.length - 1) * this.size + this.last : this.cursors.length * this.size;
  }
  get whole(): boolean {
    return this.end;
  }

  /** The row, or null while it is asked for. */
  row(n: number): Row | null {
    return this.kept.get(Math.floor(n / this.size))?.[n % this.size] ?? null;
  }

  /** Have these rows, and forget those far from them. */
  need(first: number, last: number): void {
    const from = Math.max(0, Math.floor(first / this.size)), to = Math.min(this.cursors.length - 1, Math.floor(last / this.size));
    for (let page = from; page <= to; page++) void this.load(page);
    if (this.kept.size > this.most) for (const page of [...this.kept.keys()]) if (Math.abs(page - from) > this.most / 2) this.kept.delete(page);
  }

  /** Put another first page in the place of the one that is there: newer calls came. The rest is asked for again. */
  begin(page: PageOf<Row>): void {
    this.turn++;
    this.cursors = [null];
    this.kept.clear();
    this.asking.clear();
    this.end = false;
    this.take(0, page);
  }

  private take(page: number, got: PageOf<Row>): void {
    this.kept.set(page, got.rows);
    if (got.next !== null) this.cursors[page + 1] ??= got.next;
    else if (page === this.cursors.length - 1) {
      this.end = true;
      this.last = got.rows.length;
    }
    this.told();
  }

  private async load(page: number): Promise<void> {
    if (this.kept.has(page) || this.asking.has(page)) return;
    const turn = this.turn;
    this.asking.add(page);
    try {
      const got = await this.ask(this.cursors[page] ?? null, this.size);
      if (turn === this.turn) this.take(page, got);
    } finally {
      if (turn === this.turn) this.asking.delete(page);
    }
  }
}
