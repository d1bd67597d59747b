import type { FoldedRoom, SavedItem } from '../../ledger/checkpoint/folded-room.js';
import type { Act, LedgerRecord } from '../../ledger/record.js';
import type { RecordedStep } from '../files/file.js';

const ENDED = 'clocks-recomputed';

/** A calendar whose clocks are not all computed again yet. */
export interface OpenRecompute {
  calendar: string;
  /** The moment of the calendar, by which its clocks are judged, in milliseconds since 1970. */
  atMs: number;
}

/**
 * Calendars that change more clocks than one batch holds, folded from the ledger: the calendar is recorded first, then the bus computes the clocks
 * some at a time, and a last record says that it is done (docs/decisions/0172).
 */
export class OpenRecomputes implements FoldedRoom {
  readonly #open = new Map<string, number>();
  readonly #waiting = new Set<() => void>();

  readonly fold = ({ kind, id, act, document, step }: LedgerRecord): void => {
    const at = (step as RecordedStep | undefined)?.state?.memo?.recomputesAt;
    if (kind === 'calendar' && act === 'create' && typeof at === 'string') this.#open.set(id, Date.parse(at));
    if (kind !== 'bus' || act !== ENDED) return;
    this.#open.delete((document as { calendar: string }).calendar);
    if (this.#open.size === 0) for (const resolve of this.#waiting) resolve();
  };

  save(): SavedItem[] {
    return [...this.#open].map((state) => ({ state }));
  }

  load({ state }: SavedItem): void {
    this.#open.set(...(state as [string, number]));
  }

  /** The oldest one. */
  get first(): OpenRecompute | undefined {
    const [first] = this.#open;
    return first && { calendar: first[0], atMs: first[1] };
  }

  /** The moment of the newest one. */
  get judgedAtMs(): number | undefined {
    return [...this.#open.values()].at(-1);
  }

  /** The record that ends it. */
  endOf(calendar: string): Act {
    return { kind: 'bus', id: 'calendar', act: ENDED, actor: 'bus', document: { calendar } };
  }

  /** Resolves when there is none, or the time is up: what is left is done by whichever broker lives. */
  untilNone(withinMs: number): Promise<void> {
    if (this.#open.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, withinMs);
      this.#waiting.add(done);
    });
  }
}
