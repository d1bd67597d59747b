import type { DeliveredEvent, SourceEvent } from '../../../../proto/event/event.js';
import { printableLine } from '../../../printable.js';
import type { Terminal } from '../../../terminal.js';

/** Events shown per second, as many as a person can follow; the rest is counted. */
const SHOWN_PER_SECOND_MAX = 2;
/** Bounds the memory for published events that are not delivered yet; far more than are ever in flight here. */
const PUBLISHED_MAX = 10_000;

/** Shows, side by side, the items that the source published and those that the subscriber received. */
export class LiveView {
  /** Position → names of the items that the source published there. */
  readonly #published = new Map<number, string[]>();
  #second = 0;
  #shownInSecond = 0;
  #hidden = 0;

  constructor(
    private readonly terminal: Terminal,
    private readonly names: { source: string; subscriber: string },
  ) {}

  published(event: SourceEvent, position: number): void {
    this.#published.set(position, Object.keys(event.data ?? {}));
    if (this.#published.size > PUBLISHED_MAX) this.#published.delete(this.#published.keys().next().value!);
  }

  async receivedEvent(event: DeliveredEvent): Promise<void> {
    const items = this.#published.get(event.position);
    this.#published.delete(event.position);
    if (!this.#mayShow()) {
      this.#hidden++;
      return;
    }
    if (this.#hidden > 0) await this.#print(this.#dim(`  … ${this.#hidden} more were received and not shown`));
    this.#hidden = 0;
    await this.#print(this.#lines(event, items).join('\n'));
  }

  /** Values of the bus were made printable before they were styled. */
  #print(text: string): Promise<void> {
    return this.terminal.out(text, { isStyled: true });
  }

  #lines(event: DeliveredEvent, items: string[] | undefined): string[] {
    const data = Object.entries(event.data ?? {});
    const granted = new Set(data.map(([name]) => name));
    const withheld = items?.filter((name) => !granted.has(name)) ?? [];
    // An event of an earlier start, or one delivered before its own acknowledgement, is known by its position alone.
    const published = items === undefined ? 'published' : `published ${items.length} items`;
    const values = data.map(([name, value]) => `${this.#dim(name)} ${printableLine(String(value))}`).join('  ');
    return [
      `${this.#dim(event.time.slice(11, 19))}  ${printableLine(event.op)} @${event.position}   ${this.names.source} ${published}` +
        ` → ${this.names.subscriber} receives ${this.#bold(String(data.length))}`,
      `          ${values}`,
      ...(withheld.length > 0 ? [this.#dim(`          not granted, never sent: ${withheld.join(', ')}`)] : []),
    ];
  }

  #mayShow(): boolean {
    const second = Math.floor(performance.now() / 1000);
    if (second !== this.#second) this.#shownInSecond = 0;
    this.#second = second;
    return ++this.#shownInSecond <= SHOWN_PER_SECOND_MAX;
  }

  #dim(text: string): string {
    return this.terminal.isInteractive ? `\u001b[2m${printableLine(text)}\u001b[22m` : printableLine(text);
  }

  #bold(text: string): string {
    return this.terminal.isInteractive ? `\u001b[1m${printableLine(text)}\u001b[22m` : printableLine(text);
  }
}
