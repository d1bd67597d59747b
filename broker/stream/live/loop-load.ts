import { performance } from 'node:perf_hooks';

/** Long enough to average over turns of the event loop, short enough to notice a burst. */
const WINDOW_MS = 100;

/** Load of the event loop in the recent past, as shares of the time. */
export interface FlushLoad {
  /** The loop was busy with anything but flushes, work in the kernel included. */
  readonly other: number;
  /** Flushes would have taken this if each event had been sent in a frame of its own; above 1 they could not have been made. */
  readonly unshared: number;
  /** How long a flush took on average. */
  readonly flushMs: number;
  /** A flush has ended: the time that it took, and what it would have taken without shared frames. */
  flushed(ms: number, unsharedMs: number, nowMs: number): void;
}

/** The load of this process's event loop, averaged over windows that end with a flush. */
export class LoopLoad implements FlushLoad {
  other = 0;
  unshared = 0;
  flushMs = 0;
  #windowBegan = performance.eventLoopUtilization();
  #windowBeganMs = performance.now();
  #flushes = 0;
  #flushingMs = 0;
  #unsharedMs = 0;

  constructor(private readonly windowMs = WINDOW_MS) {}

  flushed(ms: number, unsharedMs: number, nowMs: number): void {
    this.#flushes++;
    this.#flushingMs += ms;
    this.#unsharedMs += unsharedMs;
    const passedMs = nowMs - this.#windowBeganMs;
    if (passedMs < this.windowMs) return;
    const now = performance.eventLoopUtilization();
    const { active } = performance.eventLoopUtilization(now, this.#windowBegan);
    this.other = Math.max(0, active - this.#flushingMs) / passedMs;
    this.unshared = this.#unsharedMs / passedMs;
    this.flushMs = this.#flushingMs / this.#flushes;
    this.#windowBegan = now;
    this.#windowBeganMs = nowMs;
    this.#flushes = 0;
    this.#flushingMs = 0;
    this.#unsharedMs = 0;
  }
}
