import { addToCount } from '../../../proto/collections/add-to-count.js';
import type { Rows } from '../../../proto/entry/rows.js';
import { SluiceError } from '../../../proto/errors.js';
import { valuesOf } from '../../grants/rows-check.js';

/** Values of all narrowings of one session together, in the lists of their predicates. */
export const SESSION_VALUES_MAX = 50_000;
/** Characters of one narrowing as JSON: ten thousand values of fifty. */
const BYTES_EACH_MAX = 512 * 1024;
/** Memory of the narrowings of all sessions of one system, and of all systems. */
const SYSTEM_BYTES_MAX = 24 * 1024 * 1024;
const BYTES_MAX = 48 * 1024 * 1024;
/** A value takes this beside its characters: as a string, in its list and in a set. */
const BYTES_PER_VALUE = 100;
/** A system may always have so much, whatever others have. */
const SYSTEM_BYTES_FREE = 64 * 1024;

/**
 * Bounds the memory that narrowings take: each list becomes a set in this process. A bound by session alone adds up: 480 sessions of one
 * system could have 24 million values, and values of a hundred kilobytes each hardly count as such. Decision: docs/decisions/0354.
 */
export class NarrowingBudget {
  readonly #valuesBySession = new Map<string, number>();
  readonly #bytesBySystem = new Map<string, number>();
  #bytes = 0;

  /** Returns what gives back what was taken, which may be called twice. Throws TOO_LARGE or TOO_MANY. */
  take({ session, system }: { session: string; system: string }, narrow: Rows): () => void {
    const values = valuesOf(narrow);
    const { length } = JSON.stringify(narrow);
    if (length > BYTES_EACH_MAX) {
      throw new SluiceError('TOO_LARGE', `a narrowing has at most ${BYTES_EACH_MAX} characters as JSON`);
    }
    const bytes = length + values * BYTES_PER_VALUE;
    if ((this.#valuesBySession.get(session) ?? 0) + values > SESSION_VALUES_MAX) {
      throw new SluiceError('TOO_MANY', `the narrowings of a session list at most ${SESSION_VALUES_MAX} values in all`);
    }
    const own = (this.#bytesBySystem.get(system) ?? 0) + bytes;
    if (own > SYSTEM_BYTES_MAX || (this.#bytes + bytes > BYTES_MAX && own > SYSTEM_BYTES_FREE)) {
      const whose = own > SYSTEM_BYTES_MAX ? 'this system' : 'all systems';
      throw new SluiceError(
        'TOO_MANY',
        `the narrowings of all sessions of ${whose} list too many values at this broker`,
      );
    }
    this.#add(session, values, system, bytes);
    let isTaken = true;
    return () => {
      if (isTaken) this.#add(session, -values, system, -bytes);
      isTaken = false;
    };
  }

  #add(session: string, values: number, system: string, bytes: number): void {
    addToCount(this.#valuesBySession, session, values);
    addToCount(this.#bytesBySystem, system, bytes);
    this.#bytes += bytes;
  }
}
