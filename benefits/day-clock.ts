import { pause } from '../client/pause.js';
import { dayIn } from './rules/calendar-date.js';

/** What day it is. Ages and periods are counted in days. */
export interface DayClock {
  today(): string;
  /** Resolves when the day has changed, or the signal is aborted. */
  nextDay(signal: AbortSignal): Promise<void>;
}

/** Short enough that a decision is not late by more than a fraction of a minute; a machine that slept is noticed, too. */
const LOOK_MS = 20_000;

/** The calendar of a time zone. */
export function systemClock(timeZone: string): DayClock {
  const dayOf = dayIn(timeZone);
  const today = (): string => dayOf(new Date());
  return {
    today,
    nextDay: async (signal) => {
      const before = today();
      while (!signal.aborted && today() === before) await pause(LOOK_MS, signal);
    },
  };
}
