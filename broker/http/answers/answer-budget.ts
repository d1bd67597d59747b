import { addToCount } from '../../../proto/collections/add-to-count.js';
import { SluiceError } from '../../../proto/errors.js';

/** Answers that are being made at one time. */
const BUILDING_MAX = 4;
const WAITING_MAX = 1000;
/** Bytes of answers that are being made or that their readers have not taken, of all callers and of one. */
const BYTES_MAX = 32 * 1024 * 1024;
const CALLER_SHARE = 0.5;

export interface AnswerBudgetOptions {
  buildingMax?: number;
  bytesMax?: number;
}

/** An answer's part of the budget. */
export interface HeldAnswer {
  /** The answer is made: the next one may be. */
  built: () => void;
  /** From now on the answer counts with the bytes that it has. */
  holds: (bytes: number) => void;
  /** The answer was taken, or its reader is gone. May be called twice. */
  release: () => void;
}

/**
 * Bounds the memory of large answers. Each is made whole before its first byte goes out, and stays until its reader has taken it; a reader
 * that asks on many connections and takes nothing would hold one on each. So an answer reserves the greatest size that it may have while it
 * is made, then counts with its own, for all callers and for each. Decision: docs/decisions/0355.
 */
export class AnswerBudget {
  readonly #bytesByCaller = new Map<string, number>();
  readonly #waiting: (() => void)[] = [];
  #bytes = 0;
  #building = 0;

  readonly #buildingMax: number;
  readonly #bytesMax: number;

  constructor({ buildingMax = BUILDING_MAX, bytesMax = BYTES_MAX }: AnswerBudgetOptions = {}) {
    this.#buildingMax = buildingMax;
    this.#bytesMax = bytesMax;
  }

  /** Resolves when an answer of about so many bytes may be made. Throws TOO_MANY. */
  async reserve(caller: string, reserved: number): Promise<HeldAnswer> {
    await this.#turn();
    let isBuilding = true;
    const built = (): void => {
      if (isBuilding) this.#endTurn();
      isBuilding = false;
    };
    try {
      const { holds, release } = this.hold(caller, reserved);
      return {
        built,
        holds,
        release: () => {
          built();
          release();
        },
      };
    } catch (error) {
      built();
      throw error;
    }
  }

  /** Counts an answer that is made already. Throws TOO_MANY. */
  hold(caller: string, reserved: number): Pick<HeldAnswer, 'holds' | 'release'> {
    const own = (this.#bytesByCaller.get(caller) ?? 0) + reserved;
    if (own > this.#bytesMax * CALLER_SHARE || this.#bytes + reserved > this.#bytesMax) {
      throw new SluiceError('TOO_MANY', 'too many pages and lists wait to be taken by their readers: read them first');
    }
    this.#add(caller, reserved);
    let bytes = reserved;
    let isReleased = false;
    const holds = (now: number): void => {
      // Its reader may have gone while it was made: nothing gives back what is counted after that.
      if (isReleased) return;
      this.#add(caller, now - bytes);
      bytes = now;
    };
    const release = (): void => {
      holds(0);
      isReleased = true;
    };
    return { holds, release };
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
    if (this.#building < this.#buildingMax) {
      this.#building++;
      return;
    }
    if (this.#waiting.length >= waitingMax) {
      throw new SluiceError('TOO_MANY', 'too many pages and lists are being made at once');
    }
    // Whoever ends its turn hands it on, so the number of turns stays.
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #endTurn(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#building--;
  }

  #add(caller: string, change: number): void {
    this.#bytes += change;
    addToCount(this.#bytesByCaller, caller, change);
  }
}
