import type { FrameSink } from '../subscriber.js';

/**
 * Writes of one flush. A write costs a system call, which is dearer than all that leads to it: a session that gets frames of
 * several channels has them in one, and a flush to many sessions can be divided between two. See docs/decisions/0327.
 */
export class SharedWrites {
  #isGathering = false;
  /** The sink of each frame that is held. One may be here several times, and has nothing left to write after the first. */
  #sinks: FrameSink[] = [];
  #written = 0;

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
    this.#sinks.push(sink);
  }

  /** Writes what is held until `performance.now()` has reached `untilMs`; returns true when nothing is left. */
  write(untilMs: number): boolean {
    while (this.#written < this.#sinks.length) {
      this.#sinks[this.#written++]?.writeHeld();
      if (performance.now() >= untilMs) break;
    }
    if (this.#written < this.#sinks.length) return false;
    this.#sinks = [];
    this.#written = 0;
    return true;
  }
}
