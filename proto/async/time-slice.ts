import { sharedTurn, type TurnShare } from './shared-turns.js';

/** A session whose event loop is held for 50 ms notices; a fifth of that leaves room for a garbage collection and for others' turns. */
const SLICE_MS = 10;

/**
 * Divides long work on the event loop into slices. The work calls `pause` between two small pieces; it resolves at once
 * until the slice is used up, and then after everything that waits had its turn. A count of pieces would not do: one entry
 * can have one item or a thousand.
 */
export class TimeSlice {
  #startedAt = performance.now();

  /** Without a share the work is the bus's own. */
  constructor(private readonly share?: TurnShare) {}

  get isUsedUp(): boolean {
    return performance.now() - this.#startedAt >= SLICE_MS;
  }

  async pause(): Promise<void> {
    if (!this.isUsedUp) return;
    await sharedTurn(this.share);
    this.#startedAt = performance.now();
  }

  async each<T>(list: readonly T[], work: (one: T, index: number) => unknown): Promise<void> {
    for (const [index, one] of list.entries()) {
      const pending = work(one, index);
      if (pending instanceof Promise) await pending;
      if (this.isUsedUp) await this.pause();
    }
  }
}
