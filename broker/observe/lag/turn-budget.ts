import { SharedTurns, TurnShare } from '../../../proto/async/shared-turns.js';

/** Half of what a turn of the event loop may take; the rest is for the piece of work that exceeds it. */
const TURN_MS = 1;

/** Turns of their own: while somebody waits for one of those that callers share, commits wait for more events (docs/decisions/0194). */
const turns = new SharedTurns();
const observers = new TurnShare();

/**
 * Divides work over turns of the event loop, so that delivery waits for no more than a piece of it. Scrapes that are made side by side
 * share turns: not each of them does a piece in the same one.
 */
export class TurnBudget {
  #startedAtMs = performance.now();

  /** Resolves in a new turn: of the present one, the work before this may have used as much as a budget allows. */
  static async inNewTurn(): Promise<TurnBudget> {
    await turns.next(observers);
    return new TurnBudget();
  }

  get isUsedUp(): boolean {
    return performance.now() - this.#startedAtMs >= TURN_MS;
  }

  /** Resolves in a new turn. */
  async nextTurn(): Promise<void> {
    await turns.next(observers);
    this.#startedAtMs = performance.now();
  }
}
