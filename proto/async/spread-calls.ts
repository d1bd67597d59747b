/** Parts of an interval. What falls due within one of them is called together. */
const SLICES_MAX = 50;
/** Shorter slices would wake the process more often than timers of their own. */
const SLICE_MS_MIN = 20;

type Call = () => void;

export interface SpreadCallsClock {
  nowMs(): number;
  /** Calls back at the interval until the returned function is called. */
  every(ms: number, call: Call): () => void;
}

const CLOCK: SpreadCallsClock = {
  nowMs: () => performance.now(),
  every: (ms, call) => {
    const timer = setInterval(call, ms);
    return () => clearInterval(timer);
  },
};

/**
 * Calls thousands of functions at one interval, each as long after it was added as the interval is, less a fiftieth at the most.
 *
 * With a timer each, sessions that were opened over minutes wake the process hundreds of times a second, and what each of them does is
 * less than waking up. All at one moment would hold the event loop for all of them. So an interval is divided into slices, and those that
 * were added in the same one are called together (docs/decisions/0385).
 *
 * Invariant: a call that is late, because the event loop was held, is made up for; none is made twice for it.
 */
export class SpreadCalls {
  readonly #slices: Set<Call>[];
  readonly #sliceMs: number;
  #size = 0;
  #startedAtMs = 0;
  /** Number of the slice that was called last, counted from the start and over all rounds. */
  #called = 0;
  #stop: Call | undefined;

  constructor(
    intervalMs: number,
    private readonly clock = CLOCK,
  ) {
    const slices = Math.max(1, Math.min(SLICES_MAX, Math.floor(intervalMs / SLICE_MS_MIN)));
    this.#slices = Array.from({ length: slices }, () => new Set());
    this.#sliceMs = intervalMs / slices;
  }

  /** Returns the function that takes it out again, which may be called twice. */
  add(call: Call): Call {
    if (this.#size === 0) this.#start();
    // The one that was called last comes again when nearly an interval has passed.
    const slice = this.#slices[this.#called % this.#slices.length] as Set<Call>;
    slice.add(call);
    this.#size++;
    return () => {
      if (!slice.delete(call)) return;
      this.#size--;
      if (this.#size === 0) this.#stop?.();
    };
  }

  #start(): void {
    this.#startedAtMs = this.clock.nowMs();
    this.#called = 0;
    this.#stop = this.clock.every(this.#sliceMs, () => this.#callDue());
  }

  #callDue(): void {
    const due = Math.floor((this.clock.nowMs() - this.#startedAtMs) / this.#sliceMs);
    // Once for each, however long the loop was held.
    this.#called = Math.max(this.#called, due - this.#slices.length);
    while (this.#called < due && this.#size > 0) {
      this.#called++;
      for (const call of this.#slices[this.#called % this.#slices.length] as Set<Call>) call();
    }
  }
}
