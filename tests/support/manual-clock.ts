import type { DayClock } from '../../benefits/day-clock.js';

/** A day clock that a test advances. */
export class ManualClock implements DayClock {
  readonly #waiting = new Set<() => void>();

  constructor(private day: string) {}

  today(): string {
    return this.day;
  }

  advanceTo(day: string): void {
    this.day = day;
    for (const resume of [...this.#waiting]) resume();
    this.#waiting.clear();
  }

  nextDay(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve();
      this.#waiting.add(resolve);
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }
}
