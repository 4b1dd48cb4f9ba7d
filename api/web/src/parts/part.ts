// What all our elements have in common: they draw into the page itself (its styles hold for them), and end what they began.

import {LitElement} from "lit";

export class Part extends LitElement {
  private ends: (() => void)[] = [];

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  /** An answer that comes when the element has left the page draws nothing, and takes no keys. */
  protected override shouldUpdate(): boolean {
    return this.isConnected;
  }

  /** Listen for as long as the element is in the page. */
  protected hear(where: EventTarget, what: string, then: (event: Event) => void): void {
    where.addEventListener(what, then);
    this.ends.push(() => where.removeEventListener(what, then));
  }

  /** Have something done when the element leaves the page. */
  protected atEnd(then: () => void): void {
    this.ends.push(then);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const end of this.ends.splice(0)) end();
  }
}
