import { pause } from '../../client/pause.js';

/** After a longer stall the pace begins anew: a crowd of late events would help nobody. */
const BEHIND_MS_MAX = 1_000;

/** Lets a loop turn so many times a second on average. */
export class Pace {
  #dueMs = performance.now();

  constructor(private readonly perSecond: number) {}

  /** Resolves when the next turn is due, or the signal is aborted. */
  async next(signal: AbortSignal): Promise<void> {
    const nowMs = performance.now();
    this.#dueMs = Math.max(this.#dueMs + 1000 / this.perSecond, nowMs - BEHIND_MS_MAX);
    const waitMs = this.#dueMs - nowMs;
    if (waitMs >= 1) await pause(waitMs, signal);
  }
}
