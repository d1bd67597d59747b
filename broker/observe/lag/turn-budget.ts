import { sharedTurn } from '../../../proto/async/shared-turns.js';

/** Half of what a turn of the event loop may take; the rest is for the piece of work that exceeds it. */
const TURN_MS = 1;

/**
 * Divides work over turns of the event loop, so that delivery waits for no more than a piece of it. Its turns are shared with everything
 * that works long: many scrapes side by side do not do a piece each in the same turn.
 */
export class TurnBudget {
  #startedAtMs = performance.now();

  /** Resolves in a new turn: of the present one, the work before this may have used as much as a budget allows. */
  static async inNewTurn(): Promise<TurnBudget> {
    await sharedTurn();
    return new TurnBudget();
  }

  get isUsedUp(): boolean {
    return performance.now() - this.#startedAtMs >= TURN_MS;
  }

  /** Resolves in a new turn. */
  async nextTurn(): Promise<void> {
    await sharedTurn();
    this.#startedAtMs = performance.now();
  }
}
