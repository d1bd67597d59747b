import { ageMicros, nowMicros } from '../harness/clock.js';
import { Histogram, type HistogramData } from '../harness/histogram.js';

/** Counts of the subscribers of one process since the last `reset`. */
export interface TallyReport {
  events: number;
  frames: number;
  bytes: number;
  latency: HistogramData;
}

/** Counts what arrives on all connections of a process. */
export class Tally {
  events = 0;
  frames = 0;
  bytes = 0;
  #latency = new Histogram();

  /** Records the age of the event between two offsets of a message, if it has a timestamp. */
  age(bytes: Buffer, from: number, to: number): void {
    const age = ageMicros(bytes, from, to, nowMicros());
    if (age !== undefined) this.#latency.record(age);
  }

  reset(): void {
    this.events = 0;
    this.frames = 0;
    this.bytes = 0;
    this.#latency = new Histogram();
  }

  report(): TallyReport {
    const { events, frames, bytes } = this;
    return { events, frames, bytes, latency: this.#latency.toJSON() };
  }
}
