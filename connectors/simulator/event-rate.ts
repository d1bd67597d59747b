import { pause } from '../../client/pause.js';

/** After a longer stall missed turns are dropped instead of being made up in a burst. */
const BEHIND_MS_MAX = 1_000;

/** Limits a loop to an average number of turns per second. */
export class EventRate {
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
