/** Working days, continuous hours, or a date that was set. */
export type ClockUnit = 'wd' | 'h' | 'date';
export type ClockPhase = 'running' | 'paused' | 'met' | 'late';

/** A deadline of a file as its ledger record holds it and as answers show it. Moments are RFC 3339 with +08:00. */
export interface Clock {
  /** `D4`, `R23.D4`, `T27`. */
  id: string;
  /** Moment of the event; its day is not counted. */
  start: string;
  /** Absent for unit `date`. */
  length?: number;
  unit: ClockUnit;
  /** A date, of unit `h` a moment. */
  due: string;
  /** The first moment at which the clock is late. */
  lateFrom: string;
  /** The party that must act; its region chooses the calendar. */
  party: string;
  provisional: boolean;
  pausedDays: number;
  extendedDays: number;
  /** Calendar version of the year in which `due` lies; null while provisional, and of units that need none. */
  calendar: string | null;
  state: ClockPhase;
  /** Moment at which the pause began. A clock is paused once at most. */
  pausedAt?: string;
  /** Moment at which it ran on: a later calendar may give the pause another number of working days. */
  resumedAt?: string;
  /** Moment of the act that ended the clock. */
  doneAt?: string;
}
