/** Where the webhook of one party is, as it is stored. */
export interface StoredQueue {
  /** Notices up to this id were taken into the queue or are done. */
  after: string;
  /** Id, real time of the first attempt in milliseconds since 1970, and attempts. */
  waiting: [id: string, sinceMs: number, attempts: number][];
}

interface Waiting {
  sinceMs: number;
  attempts: number;
  /** By the monotonic clock. */
  dueMs: number;
}

/** Notices of one party that wait; later ones are read when these are fewer. */
const WAITING_MAX = 500;
/** A notice is given up after so long, by real time. */
const GIVEN_UP_MS = 24 * 3_600_000;
const RETRY_MIN_MS = 1_000;
const RETRY_MAX_MS = 15 * 60_000;

/**
 * The notices that one party is to get. A receiver that is down and a receiver that chokes on one notice must be told
 * apart: each notice has its own next attempt, so that one holds up no other, and every failure in a row makes the
 * whole queue wait longer, so that a receiver that comes back is not overrun.
 */
export class NoticeQueue {
  #after: string;
  readonly #waiting = new Map<string, Waiting>();
  #failuresInRow = 0;
  #quietUntilMs = 0;
  /** Whether something is to be stored. */
  isDirty = false;
  isSending = false;

  constructor({ after, waiting }: StoredQueue) {
    this.#after = after;
    for (const [id, sinceMs, attempts] of waiting) this.#waiting.set(id, { sinceMs, attempts, dueMs: 0 });
  }

  get after(): string {
    return this.#after;
  }

  get size(): number {
    return this.#waiting.size;
  }

  get capacity(): number {
    return WAITING_MAX - this.#waiting.size;
  }

  /** Ids in ascending order, behind `after`. */
  take(ids: readonly string[], nowMs: number): void {
    for (const id of ids) {
      this.#waiting.set(id, { sinceMs: nowMs, attempts: 0, dueMs: 0 });
      this.#after = id;
      this.isDirty = true;
    }
  }

  /** The oldest notice that is due. */
  next(monotonicMs: number): string | undefined {
    if (monotonicMs < this.#quietUntilMs) return undefined;
    for (const [id, { dueMs }] of this.#waiting) if (dueMs <= monotonicMs) return id;
    return undefined;
  }

  done(id: string): void {
    this.#failuresInRow = 0;
    this.#quietUntilMs = 0;
    this.drop(id);
  }

  /** Removes a notice without an attempt. */
  drop(id: string): void {
    this.#waiting.delete(id);
    this.isDirty = true;
  }

  /** Returns failures in a row. */
  failed(id: string, monotonicMs: number, retryAfterMs = 0): number {
    this.#failuresInRow++;
    this.#quietUntilMs = monotonicMs + Math.max(retryAfterMs, delayMs(this.#failuresInRow));
    const waiting = this.#waiting.get(id);
    if (waiting) {
      waiting.attempts++;
      waiting.dueMs = monotonicMs + Math.max(retryAfterMs, delayMs(waiting.attempts));
      this.isDirty = true;
    }
    return this.#failuresInRow;
  }

  /** Removes and returns the notices whose 24 hours are over. */
  giveUp(nowMs: number): string[] {
    const over = [...this.#waiting]
      .filter(([, { sinceMs, attempts }]) => attempts > 0 && nowMs - sinceMs >= GIVEN_UP_MS)
      .map(([id]) => id);
    for (const id of over) this.drop(id);
    return over;
  }

  toStored(): StoredQueue {
    const waiting = [...this.#waiting].map(([id, one]): StoredQueue['waiting'][number] => [
      ...([id, one.sinceMs, one.attempts] as const),
    ]);
    return { after: this.#after, waiting };
  }
}

/** 1 s, 2 s, 4 s … up to a quarter of an hour, less up to a quarter of it, so that queues do not go in step. */
const delayMs = (failures: number): number =>
  Math.min(RETRY_MIN_MS * 2 ** (failures - 1), RETRY_MAX_MS) * (1 - Math.random() / 4);
