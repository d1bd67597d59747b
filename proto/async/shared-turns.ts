/** Long work that is resumed in one turn of the event loop, all together; after it the sockets are looked at. */
const TURN_MS_MAX = 10;
/** Resumed in one turn when each does little. */
const RESUMED_PER_TURN_MAX = 32;

/**
 * Divides the event loop among everything that works long on it.
 *
 * One long work gives way by waiting for the next turn of the loop. That is no bound for many of them: Node resumes all that
 * wait for a turn in the same one, so 500 uploads of which each handles 100 lines at a time hold the loop for seconds.
 * Here they are resumed one after another, as many as fit into some milliseconds, in the order in which they asked.
 *
 * Invariant: between two turns of the loop no more work is resumed once `TURN_MS_MAX` have passed, so the longest hold is
 * that and the longest piece of one work. Decision: docs/decisions/0106.
 */
export class SharedTurns {
  #waiting: (() => void)[] = [];
  /** Resumptions that Node has queued for one turn, and when the first of them began. */
  #queued = 0;
  #startedAtMs: number | undefined;

  constructor(private readonly nowMs: () => number = () => performance.now()) {}

  /** True while somebody waits for a turn: the event loop has more work than it can do at once. */
  get isContended(): boolean {
    return this.#waiting.length > 0;
  }

  /** Resolves when it is the caller's turn. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      if (this.#queued === 0) this.#queueTurn();
    });
  }

  #queueTurn(): void {
    this.#startedAtMs = undefined;
    this.#queued = Math.min(this.#waiting.length, RESUMED_PER_TURN_MAX);
    // One callback each: Node runs what a resumed promise does before it calls the next one.
    for (let i = 0; i < this.#queued; i++) setImmediate(this.#resumeOne);
  }

  readonly #resumeOne = (): void => {
    this.#queued--;
    const nowMs = this.nowMs();
    this.#startedAtMs ??= nowMs;
    if (nowMs - this.#startedAtMs < TURN_MS_MAX) this.#waiting.shift()?.();
    if (this.#queued === 0 && this.#waiting.length > 0) this.#queueTurn();
  };
}

/** The one event loop of this process. */
const turns = new SharedTurns();

/** Resolves in a later turn of the event loop, when it is the caller's turn among all that work long. */
export const sharedTurn = (): Promise<void> => turns.next();

/** True while long work waits for a turn: the event loop is busy, so that a pause costs nobody else's time. */
export const isLoopContended = (): boolean => turns.isContended;
