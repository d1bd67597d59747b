/**
 * The rest grows with the square of the work: sending that takes 1 ms, to a hundred sessions or so, is followed by 2 ms and
 * hardly delays an event; sending that takes 5 ms by 50, so that it never takes more than a tenth of the time.
 */
const DELAY_PER_WORK_SQUARED = 2;
/** Bounds what a pause adds to the way of an event. */
const DELAY_MS_MAX = 50;

/**
 * When the next frames go out. Each costs a system call per session, whether it holds one event or a hundred. So a
 * broker with hundreds of sessions that sends at every event is soon busy with nothing else; one that rests after it has
 * sent much collects meanwhile, and sends the same with a fraction of the work. With few sessions it never rests.
 */
export class CoalescingDelay {
  #delayedUntilMs = 0;

  constructor(private readonly nowMs: () => number = () => performance.now()) {}

  /** Calls `send` once: at the end of this turn, or when the rest is over. */
  schedule(send: () => void): void {
    const delayMs = this.#delayedUntilMs - this.nowMs();
    // A timer can't wait for less than a millisecond.
    if (delayMs < 1) setImmediate(() => this.#run(send));
    else setTimeout(() => this.#run(send), delayMs);
  }

  #run(send: () => void): void {
    const startedAtMs = this.nowMs();
    send();
    const endedAtMs = this.nowMs();
    this.#delayedUntilMs = endedAtMs + delayAfter(endedAtMs - startedAtMs);
  }
}

function delayAfter(workMs: number): number {
  return Math.min(DELAY_PER_WORK_SQUARED * workMs ** 2, DELAY_MS_MAX);
}
