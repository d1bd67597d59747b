import { SluiceError } from '../../../proto/errors.js';

/** Values of all narrowings of one session together, in the lists of their predicates. */
export const SESSION_VALUES_MAX = 50_000;

/** Bounds the memory that the narrowings of one session take: each list becomes a set in this process. */
export class NarrowingBudget {
  readonly #values = new Map<string, number>();

  /** Throws TOO_MANY. What was taken is given back by `release`. */
  take(session: string, values: number): void {
    const taken = (this.#values.get(session) ?? 0) + values;
    if (taken > SESSION_VALUES_MAX) {
      throw new SluiceError('TOO_MANY', `the narrowings of a session list at most ${SESSION_VALUES_MAX} values in all`);
    }
    if (values > 0) this.#values.set(session, taken);
  }

  release(session: string, values: number): void {
    const left = (this.#values.get(session) ?? 0) - values;
    if (left > 0) this.#values.set(session, left);
    else this.#values.delete(session);
  }
}
