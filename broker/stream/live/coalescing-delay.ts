/**
 * The delay grows with the square of the time that the last flush took. A flush of 1 ms (some hundred sessions) delays the
 * next by 2 ms, which an event hardly notices; one of 5 ms by 50 ms, so that flushing takes a tenth of the time at most.
 */
const DELAY_PER_FLUSH_SQUARED = 2;
/** Upper bound of the latency that coalescing adds to an event. */
const DELAY_MS_MAX = 50;

/**
 * Decides when the next frames are flushed to the sockets.
 *
 * A frame costs one system call per session, whether it holds one event or a hundred. Flushing after every event keeps a
 * broker with hundreds of sessions busy with nothing else; a fixed delay would cost a quiet broker latency for nothing.
 * So the delay follows from the last flush: events that arrive meanwhile share the next frame. With few sessions there
 * is no delay at all. Measurements are in docs/decisions/0013.
 */
export class CoalescingDelay {
  #delayedUntilMs = 0;

  constructor(private readonly nowMs: () => number = () => performance.now()) {}

  /** Calls `flush` once: at the end of this turn of the event loop, or when the delay is over. */
  schedule(flush: () => void): void {
    const delayMs = this.#delayedUntilMs - this.nowMs();
    // The resolution of a timer is a millisecond.
    if (delayMs < 1) setImmediate(() => this.#run(flush));
    else setTimeout(() => this.#run(flush), delayMs);
  }

  #run(flush: () => void): void {
    const startedAtMs = this.nowMs();
    flush();
    const endedAtMs = this.nowMs();
    this.#delayedUntilMs = endedAtMs + delayAfter(endedAtMs - startedAtMs);
  }
}

function delayAfter(flushMs: number): number {
  return Math.min(DELAY_PER_FLUSH_SQUARED * flushMs ** 2, DELAY_MS_MAX);
}
