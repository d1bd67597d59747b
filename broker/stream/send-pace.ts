/** Sending takes at most about a third of the time: as long as it took, twice as long it rests. */
const REST_PER_WORK = 2;
/** Below this a timer is no use; the end of the turn is as good. */
const REST_MS_MIN = 1;
/** Bounds what a pause adds to the way of an event. */
const REST_MS_MAX = 20;

/**
 * When the next frames go out. Each costs a system call per session, whether it holds one event or a hundred. So a
 * broker that sends at every event is soon busy with nothing else; one that rests after it has sent much collects
 * meanwhile, and sends the same with a fraction of the work. With few sessions the rest is nothing.
 */
export class SendPace {
  #restsUntilMs = 0;

  constructor(private readonly nowMs: () => number = () => performance.now()) {}

  /** Calls `send` once: at the end of this turn, or when the rest is over. */
  schedule(send: () => void): void {
    const restMs = this.#restsUntilMs - this.nowMs();
    if (restMs < REST_MS_MIN) setImmediate(() => this.#run(send));
    else setTimeout(() => this.#run(send), restMs);
  }

  #run(send: () => void): void {
    const startedAtMs = this.nowMs();
    send();
    const endedAtMs = this.nowMs();
    this.#restsUntilMs = endedAtMs + Math.min((endedAtMs - startedAtMs) * REST_PER_WORK, REST_MS_MAX);
  }
}
