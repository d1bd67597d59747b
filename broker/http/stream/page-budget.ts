import { SluiceError } from '../../../proto/errors.js';
import { PAGE_BYTES_MAX } from '../../stream/pages/page.js';

/** Pages that are being read from the log at one time. */
const BUILDING_MAX = 4;
const WAITING_MAX = 1000;
/** Bytes of pages that are being read or that their readers have not taken, of all systems and of one. */
const BYTES_MAX = 32 * 1024 * 1024;
const BYTES_PER_SYSTEM_MAX = 16 * 1024 * 1024;

/** A page's part of the budget. */
export interface HeldPage {
  /** The page is read: the next one may be. */
  built: () => void;
  /** From now on the page counts with the bytes that it has. */
  holds: (bytes: number) => void;
  /** The page was taken, or its reader is gone. May be called twice. */
  release: () => void;
}

/**
 * Bounds the memory of pages. Each is made whole before its first byte goes out, because its receipt covers it, and stays
 * until its reader has taken it; a reader that asks on many connections and takes nothing would hold a page on each. So
 * a page reserves the greatest size while it is read, then counts with its own, for all systems and for each.
 */
export class PageBudget {
  readonly #bytesBySystem = new Map<string, number>();
  readonly #waiting: (() => void)[] = [];
  #bytes = 0;
  #building = 0;

  /** Resolves when a page may be read. Throws TOO_MANY. */
  async reserve(system: string): Promise<HeldPage> {
    await this.#turn();
    let bytes = 0;
    const count = (now: number): void => {
      this.#count(system, now - bytes);
      bytes = now;
    };
    let isBuilding = true;
    const built = (): void => {
      if (isBuilding) this.#endTurn();
      isBuilding = false;
    };
    const release = (): void => {
      built();
      count(0);
    };
    try {
      count(PAGE_BYTES_MAX);
    } catch (error) {
      built();
      throw error;
    }
    return { built, holds: (now) => count(Math.min(now, PAGE_BYTES_MAX)), release };
  }

  /** Reads a page of an event stream when it is its turn. What such a page holds is small, and its stream is counted as a slot. */
  async inTurn<Result>(read: () => Promise<Result>): Promise<Result> {
    await this.#turn(Number.POSITIVE_INFINITY);
    try {
      return await read();
    } finally {
      this.#endTurn();
    }
  }

  async #turn(waitingMax = WAITING_MAX): Promise<void> {
    if (this.#building < BUILDING_MAX) {
      this.#building++;
      return;
    }
    if (this.#waiting.length >= waitingMax) throw new SluiceError('TOO_MANY', 'too many pages are being read at once');
    // Whoever ends its turn hands it on, so the number of turns stays.
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #endTurn(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#building--;
  }

  #count(system: string, change: number): void {
    const own = (this.#bytesBySystem.get(system) ?? 0) + change;
    if (change > 0 && (own > BYTES_PER_SYSTEM_MAX || this.#bytes + change > BYTES_MAX)) {
      throw new SluiceError('TOO_MANY', 'too many pages wait to be taken by their readers: read them first');
    }
    this.#bytes += change;
    if (own === 0) this.#bytesBySystem.delete(system);
    else this.#bytesBySystem.set(system, own);
  }
}
