import { pause } from '../client/pause.js';
import { dayIn } from './rules/calendar-date.js';

/** The current day, which ages and periods are counted by. */
export interface DayClock {
  today(): string;
  /** Resolves when the day has changed or the signal is aborted. */
  nextDay(signal: AbortSignal): Promise<void>;
}

/** Polled, not timed to midnight: a timer would miss a machine that slept and a corrected clock. Bounds how late a daily decision is. */
const POLL_MS = 20_000;

/** The wall clock's day in a time zone. */
export function systemClock(timeZone: string): DayClock {
  const dayOf = dayIn(timeZone);
  const today = (): string => dayOf(new Date());
  return {
    today,
    nextDay: async (signal) => {
      const before = today();
      while (!signal.aborted && today() === before) await pause(POLL_MS, signal);
    },
  };
}
