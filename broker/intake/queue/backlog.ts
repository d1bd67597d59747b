import type { BacklogLimits } from '../intake-limits.js';

/** Counts and bounds events that are not answered yet: of one partition, or on their way to quarantine. */
export class Backlog {
  events = 0;
  bytes = 0;
  readonly #limits: BacklogLimits;
  #drained: { promise: Promise<void>; resolve: () => void } | undefined;

  constructor(limits: BacklogLimits) {
    this.#limits = limits;
  }

  hasCapacity(events: number, bytes: number): boolean {
    return this.events + events <= this.#limits.queueEventsMax && this.bytes + bytes <= this.#limits.queueBytesMax;
  }

  add(bytes: number): void {
    this.events++;
    this.bytes += bytes;
  }

  remove(bytes: number): void {
    this.events--;
    this.bytes -= bytes;
    if (this.#drained && this.#isBelow(LOW_WATER_SHARE)) {
      this.#drained.resolve();
      this.#drained = undefined;
    }
  }

  /** Undefined while there is capacity; else resolves when the backlog drops below the low-water mark. */
  backpressure(): Promise<void> | undefined {
    if (this.#drained) return this.#drained.promise;
    if (this.#isBelow(1)) return undefined;
    let resolve!: () => void;
    const promise = new Promise<void>((done) => {
      resolve = done;
    });
    this.#drained = { promise, resolve };
    return promise;
  }

  #isBelow(share: number): boolean {
    const { backpressureEvents, backpressureBytes } = this.#limits;
    return this.events <= backpressureEvents * share && this.bytes <= backpressureBytes * share;
  }
}

/** Half, so that a publisher is not stopped and started for every event. */
const LOW_WATER_SHARE = 0.5;
