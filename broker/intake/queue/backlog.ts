import type { BacklogLimits } from '../intake-limits.js';

/** Events that are not dealt with yet, counted and bounded: of one partition, or those on their way to quarantine. */
export class Backlog {
  events = 0;
  bytes = 0;
  readonly #limits: BacklogLimits;
  #relief: { promise: Promise<void>; resolve: () => void } | undefined;

  constructor(limits: BacklogLimits) {
    this.#limits = limits;
  }

  hasRoom(events: number, bytes: number): boolean {
    return this.events + events <= this.#limits.queueEventsMax && this.bytes + bytes <= this.#limits.queueBytesMax;
  }

  add(bytes: number): void {
    this.events++;
    this.bytes += bytes;
  }

  remove(bytes: number): void {
    this.events--;
    this.bytes -= bytes;
    if (this.#relief && this.#isBelow(0.5)) {
      this.#relief.resolve();
      this.#relief = undefined;
    }
  }

  /** Undefined while there is room, else resolves when half of it is free again. */
  pressure(): Promise<void> | undefined {
    if (this.#relief) return this.#relief.promise;
    if (this.#isBelow(1)) return undefined;
    let resolve!: () => void;
    const promise = new Promise<void>((done) => {
      resolve = done;
    });
    this.#relief = { promise, resolve };
    return promise;
  }

  #isBelow(share: number): boolean {
    const { backpressureEvents, backpressureBytes } = this.#limits;
    return this.events <= backpressureEvents * share && this.bytes <= backpressureBytes * share;
  }
}
