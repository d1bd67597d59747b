import type { FrameSink } from '../subscriber.js';

/**
 * Writes of one flush. A write costs a system call, which is dearer than all that leads to it: a session that gets frames of
 * several channels has them in one, and a flush to many sessions can be divided between two. See docs/decisions/0327.
 */
export class SharedWrites {
  #isGathering = false;
  /** Sinks that hold frames. */
  readonly #sinks = new Set<FrameSink>();

  /** Sends frames that `deliver` hands to `send` only when `write` is called. */
  gather(deliver: () => void): void {
    this.#isGathering = true;
    try {
      deliver();
    } finally {
      this.#isGathering = false;
    }
  }

  send(sink: FrameSink, message: Uint8Array): void {
    if (!this.#isGathering) {
      sink.send(message);
      return;
    }
    sink.hold(message);
    this.#sinks.add(sink);
  }

  /** Writes what is held until `performance.now()` has reached `untilMs`; returns true when nothing is left. */
  write(untilMs: number): boolean {
    for (const sink of this.#sinks) {
      this.#sinks.delete(sink);
      sink.writeHeld();
      if (performance.now() >= untilMs) break;
    }
    return this.#sinks.size === 0;
  }
}
