import { sharedTurn, type TurnShare } from '../../../proto/async/shared-turns.js';

/** Subscriptions that are being opened at one time: enough to keep the store busy, few enough for everything else to get through. */
const OPENING_MAX = 64;

/**
 * Bounds how many subscriptions are opened at once; sessions take turns for what waits.
 *
 * Opening asks the store four times. Thousands of openings at once fill the way to the store, until the broker no longer sees
 * the ledger and delivers to nobody; one session that asks for hundreds must not hold up those that ask for one.
 * The queue is bounded by the number of subscriptions that each session may have. Decision: docs/decisions/0270.
 *
 * Each that has waited begins in a turn of the event loop that all work shares. Without it, openings that fail before they ask the
 * store, such as 80,000 of sessions that have gone or of a broker that drains, begin one another in a single turn of seconds.
 */
export class OpeningTurns {
  /** By session, in the order of their turns. */
  readonly #waiting = new Map<string, (() => void)[]>();
  #opening = 0;

  async run<T>(session: string, share: TurnShare, open: () => Promise<T>): Promise<T> {
    if (this.#opening < OPENING_MAX) this.#opening++;
    else {
      await this.#turnOf(session);
      await sharedTurn(share);
    }
    try {
      return await open();
    } finally {
      this.#passOn();
    }
  }

  #turnOf(session: string): Promise<void> {
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(session);
      if (waiting) waiting.push(resolve);
      else this.#waiting.set(session, [resolve]);
    });
  }

  /** Gives the place of an opening that has ended to the session whose turn it is. */
  #passOn(): void {
    for (const [session, waiting] of this.#waiting) {
      const begin = waiting.shift();
      this.#waiting.delete(session);
      if (waiting.length > 0) this.#waiting.set(session, waiting);
      begin?.();
      return;
    }
    this.#opening--;
  }
}
