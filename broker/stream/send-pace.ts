/** Sending that takes less than this goes out at the end of every turn: then latency is all, and there is time. */
const WORK_MS_MIN = 1;
/** Longer sending takes at most about a seventh of the time: as long as it took, six times as long it rests. */
const REST_PER_WORK = 6;
/** Bounds what a pause adds to the way of an event. */
const REST_MS_MAX = 20;

/**
 * When the next frames go out. Each costs a system call per session, whether it holds one event or a hundred. So a
 * broker with hundreds of sessions that sends at every event is soon busy with nothing else; one that rests after it has
 * sent much collects meanwhile, and sends the same with a fraction of the work. With few sessions it never rests.
 */
export class SendPace {
  #restsUntilMs = 0;

  constructor(private readonly nowMs: () => number = () => performance.now()) {}

  /** Calls `send` once: at the end of this turn, or when the rest is over. */
  schedule(send: () => void): void {
    const restMs = this.#restsUntilMs - this.nowMs();
    // A timer can't wait for less than a millisecond.
    if (restMs < 1) setImmediate(() => this.#run(send));
    else setTimeout(() => this.#run(send), restMs);
  }

  #run(send: () => void): void {
    const startedAtMs = this.nowMs();
    send();
    const endedAtMs = this.nowMs();
    this.#restsUntilMs = endedAtMs + restAfter(endedAtMs - startedAtMs);
  }
}

function restAfter(workMs: number): number {
  return workMs < WORK_MS_MIN ? 0 : Math.min(workMs * REST_PER_WORK, REST_MS_MAX);
}
