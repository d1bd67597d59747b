import { performance } from 'node:perf_hooks';

/** Long enough to average over turns of the event loop, short enough to notice a burst. */
const WINDOW_MS = 100;

/** Share of the last window in which the event loop was not idle, work in the kernel included. */
export class LoopUtilization {
  #windowBegan = performance.eventLoopUtilization();
  #windowBeganMs = performance.now();
  #utilization = 0;

  constructor(private readonly windowMs = WINDOW_MS) {}

  at(nowMs: number): number {
    if (nowMs - this.#windowBeganMs >= this.windowMs) {
      const now = performance.eventLoopUtilization();
      this.#utilization = performance.eventLoopUtilization(now, this.#windowBegan).utilization;
      this.#windowBegan = now;
      this.#windowBeganMs = nowMs;
    }
    return this.#utilization;
  }
}
