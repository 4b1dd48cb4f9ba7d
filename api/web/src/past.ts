// The time that pages show: now, or another one that somebody chose. What shows the present can show the past so.

class Past extends EventTarget {
  /** ms since 1970; null: the present */
  at: number | null = null;

  set(at: number): void {
    this.at = at;
    this.dispatchEvent(new Event("change"));
  }

  end(): void {
    if (this.at === null) return;
    this.at = null;
    this.dispatchEvent(new Event("change"));
  }
}

export const past = new Past();
