import { chargeTurn, sharedTurn, type TurnShare } from './shared-turns.js';
import { TimeSlice } from './time-slice.js';

/** Handled in one turn of the event loop by all queues together. */
const TURN_MS_MAX = 10;
/** Handled at once by one queue in a turn. What an item begins asynchronously is not measured, since it runs after all of them. */
const ITEMS_PER_TURN_MAX = 64;

/** Numbers the turns of the event loop, and sums up what was spent on what came in during the one that runs. */
class TurnClock {
  turn = 0;
  #usedMs = 0;
  #isRunning = false;

  /** Milliseconds used of this turn. */
  usedMs(): number {
    if (!this.#isRunning) {
      this.#isRunning = true;
      setImmediate(this.#end);
    }
    return this.#usedMs;
  }

  use(ms: number): void {
    this.#usedMs += ms;
  }

  readonly #end = (): void => {
    this.#isRunning = false;
    this.#usedMs = 0;
    this.turn++;
  };
}

/** The one event loop of this process. */
const clock = new TurnClock();

/** Whether this turn of the event loop has time left for what comes in; else the caller takes a later one (`sharedTurn`). */
export const hasTurnTime = (): boolean => clock.usedMs() < TURN_MS_MAX;

/** Does work in the time of this turn, and counts it for a share. What it hands to queues or to this function within counts once. */
export function inTurnTime<Result>(work: () => Result, share?: TurnShare): Result {
  const usedBeforeMs = clock.usedMs();
  const startedMs = performance.now();
  try {
    return work();
  } finally {
    const usedWithinMs = clock.usedMs() - usedBeforeMs;
    const usedMs = performance.now() - startedMs;
    clock.use(usedMs - usedWithinMs);
    if (share) chargeTurn(share, usedMs);
  }
}

/**
 * Handles items as they come in, in order: at once while the turn of the event loop has time, else in later turns.
 *
 * A socket hands over up to 64 KiB at once, which are ten thousand of the smallest frames, and in one turn every socket may do so.
 * A turn for each item would bound that, and would cost every honest client a turn for each of its frames.
 * So only what exceeds a turn waits. The owner is asked to stop the flow while something does. The time that the turn spends
 * otherwise, such as on sending events, does not count: hundreds of clients that acknowledge at once would be stopped.
 *
 * Invariants: an item is handled only after those that came before it; nothing is handled within `take` once the turn is used up.
 */
export class TurnQueue<Item> {
  #waiting: Item[] = [];
  #turn = -1;
  #handledInTurn = 0;
  #drained: Promise<void> = Promise.resolve();

  constructor(
    private readonly handle: (item: Item) => void,
    /** Called with true when items begin to wait, and with false when none does any more. */
    private readonly onWaiting: (isWaiting: boolean) => void,
    /** The share that the turns are charged to; without it the bus's own. */
    private readonly share?: () => TurnShare,
  ) {}

  get isWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  /** Resolves when everything taken so far is handled. */
  get drained(): Promise<void> {
    return this.#drained;
  }

  take(item: Item): void {
    if (!this.isWaiting && this.#hasTime()) {
      inTurnTime(() => this.handle(item));
      return;
    }
    this.#waiting.push(item);
    if (this.#waiting.length > 1) return;
    this.onWaiting(true);
    this.#drained = this.#drain();
  }

  #hasTime(): boolean {
    const usedMs = clock.usedMs();
    if (clock.turn !== this.#turn) {
      this.#turn = clock.turn;
      this.#handledInTurn = 0;
    }
    return usedMs < TURN_MS_MAX && this.#handledInTurn++ < ITEMS_PER_TURN_MAX;
  }

  async #drain(): Promise<void> {
    const share = this.share?.();
    await sharedTurn(share);
    const slice = new TimeSlice(share);
    for (let next = 0; next < this.#waiting.length; next++) {
      this.handle(this.#waiting[next] as Item);
      // Continuations of the item run now, so that their time counts.
      await undefined;
      if (slice.isUsedUp) await slice.pause();
    }
    this.#waiting = [];
    this.onWaiting(false);
  }
}
