import { dateAt } from '../clock/shanghai-days.js';

/** Refused calls of one caller in a day of which each is a notice of its own. */
const EACH_MAX = 1_000;
/** Callers that are counted; of more, all are forgotten. */
const CALLERS_MAX = 10_000;

/** How a refused call is put on record. */
export interface RefusedAttempt {
  /** Refused calls of the caller on that day, where not each has a notice any more. */
  count?: number;
}

/**
 * Decides which refused calls of outsiders are put on record. Each is a record of the ledger and two notices, and a program that runs wild
 * makes thousands a second: after the first thousand of a day one record stands for each doubling of their number (docs/decisions/0174).
 */
export class RefusedAttempts {
  readonly #counts = new Map<string, number>();
  #day = '';

  /** Undefined for a call that is counted only. */
  next(caller: string, nowMs: number): RefusedAttempt | undefined {
    const day = dateAt(nowMs);
    if (day !== this.#day || this.#counts.size > CALLERS_MAX) this.#counts.clear();
    this.#day = day;
    const count = (this.#counts.get(caller) ?? 0) + 1;
    this.#counts.set(caller, count);
    if (count <= EACH_MAX) return {};
    return Number.isInteger(Math.log2(count / EACH_MAX)) ? { count } : undefined;
  }
}
