import type { CalendarBook } from './calendar-book.js';
import type { Clock } from './clock.js';
import { isLock } from './clock-kinds.js';
import { dateAt, dayOfDate, daysLater, hourOfDay, momentOf } from './shanghai-days.js';

/** Inputs of every due date. */
export interface ClockRules {
  calendars: CalendarBook;
  /** Region of the party that must act. */
  regionOf(party: string): string;
  /** Hour at which the last day ends; 24 is its midnight. */
  closingHour: number;
}

/** A clock that is to start. Lengths are working days or hours. */
export type ClockOrder = { id: string; party: string; startMs: number } & (
  | { unit: 'wd' | 'h'; length: number }
  | { unit: 'date'; due: string }
);

const HOUR_MS = 3_600_000;

/**
 * Starts a clock. Every function here returns a new clock and judges it at `nowMs`: a clock whose `lateFrom` has passed
 * is `late` in what it returns, and `hasFallenLate` says whether that has to be recorded with it.
 */
export function startClock(order: ClockOrder, rules: ClockRules, nowMs: number): Clock {
  const { id, party, startMs, unit } = order;
  const clock: Clock = {
    id,
    start: momentOf(startMs),
    ...(order.unit !== 'date' && { length: order.length }),
    unit,
    due: order.unit === 'date' ? order.due : '',
    lateFrom: '',
    party,
    provisional: false,
    pausedDays: 0,
    extendedDays: 0,
    calendar: null,
    state: 'running',
  };
  return judged(computed(clock, rules), nowMs);
}

/** Stops a running clock until it is resumed; it keeps the due date that it had, and cannot fall late meanwhile. */
export function pauseClock(clock: Clock, nowMs: number): Clock {
  const judgedClock = judged(clock, nowMs);
  if (judgedClock.state !== 'running') return judgedClock;
  const { resumedAt: _, ...rest } = judgedClock;
  return { ...rest, state: 'paused', pausedAt: momentOf(nowMs) };
}

/** Lets a paused clock run on: the working days of the pause are added, its first day counted and its last day not. */
export function resumeClock(clock: Clock, rules: ClockRules, nowMs: number): Clock {
  if (clock.state !== 'paused') return clock;
  return judged(computed({ ...clock, state: 'running', resumedAt: momentOf(nowMs) }, rules), nowMs);
}

/** Adds working days to a clock that is not late. */
export function extendClock(clock: Clock, days: number, rules: ClockRules, nowMs: number): Clock {
  const judgedClock = judged(clock, nowMs);
  if (judgedClock.state === 'late' || clock.doneAt !== undefined) return judgedClock;
  return judged(computed({ ...clock, extendedDays: clock.extendedDays + days }, rules), nowMs);
}

/** Ends a clock by an act: in time, or while it is paused, it is met; otherwise it is late for ever. */
export function endClock(clock: Clock, nowMs: number): Clock {
  if (clock.doneAt !== undefined) return clock;
  const { state } = judged(clock, nowMs);
  return { ...clock, state: state === 'late' ? 'late' : 'met', doneAt: momentOf(nowMs) };
}

/** Lets a clock that was ended run again, with the due date that it had. */
export function rerunClock(clock: Clock, nowMs: number): Clock {
  const { doneAt, ...rest } = clock;
  if (doneAt === undefined) return clock;
  return judged({ ...rest, state: clock.state === 'late' ? 'late' : 'running' }, nowMs);
}

/** The clock as it is at a moment: late, or for a lock met, from `lateFrom` on. */
export function judged(clock: Clock, nowMs: number): Clock {
  if (clock.state !== 'running' || nowMs < Date.parse(clock.lateFrom)) return clock;
  return isLock(clock.id) ? { ...clock, state: 'met', doneAt: clock.lateFrom } : { ...clock, state: 'late' };
}

/** Whether an act, or the time that passed, made the clock late, which is recorded once. */
export const hasFallenLate = (before: Clock | undefined, after: Clock): boolean =>
  after.state === 'late' && before?.state !== 'late';

/** Computes a running or paused clock of working days again, by the calendars that are in force now. */
export function recomputeClock(clock: Clock, rules: ClockRules, nowMs: number): Clock {
  if (clock.unit !== 'wd' || (clock.state !== 'running' && clock.state !== 'paused')) return clock;
  return judged(computed(clock, rules), nowMs);
}

/** Whether a new calendar has changed what a clock says of itself. */
export const isRecomputed = (before: Clock, after: Clock): boolean =>
  before.due !== after.due || before.calendar !== after.calendar || before.provisional !== after.provisional;

/** `due`, `lateFrom`, `provisional`, `calendar` and `pausedDays`, from start, length, extension and pause. */
export function computed(clock: Clock, rules: ClockRules): Clock {
  if (clock.unit === 'h') {
    const due = momentOf(Date.parse(clock.start) + (clock.length ?? 0) * HOUR_MS);
    return { ...clock, due, lateFrom: due };
  }
  if (clock.unit === 'date') return { ...clock, lateFrom: endOfDay(clock.due, rules) };
  const { calendars, regionOf } = rules;
  const region = regionOf(clock.party);
  const pausedDays = daysOfPause(clock, calendars, region);
  const total = (clock.length ?? 0) + clock.extendedDays + pausedDays;
  const counted = calendars.addWorkingDays(dateAt(Date.parse(clock.start)), total, region);
  return { ...clock, pausedDays, ...counted, lateFrom: endOfDay(counted.due, rules) };
}

function daysOfPause({ pausedAt, resumedAt }: Clock, calendars: CalendarBook, region: string): number {
  if (pausedAt === undefined || resumedAt === undefined) return 0;
  return calendars.workingDaysBetween(dateAt(Date.parse(pausedAt)), dateAt(Date.parse(resumedAt)), region);
}

const endOfDay = (date: string, { closingHour }: ClockRules): string =>
  momentOf(hourOfDay(dayOfDate(date), closingHour));

/**
 * Working days that are left: 0 on the day on which the clock is due, 1 on the working day before, −1 on the first working
 * day after. A paused clock is shown as if it ran on.
 */
export function daysLeft(clock: Clock, { calendars, regionOf }: ClockRules, nowMs: number): number {
  const today = dateAt(nowMs);
  const due = clock.unit === 'h' ? dateAt(Date.parse(clock.due)) : clock.due;
  const region = regionOf(clock.party);
  if (today <= due) return calendars.workingDaysBetween(nextDay(today), nextDay(due), region);
  const over = calendars.workingDaysBetween(nextDay(due), nextDay(today), region);
  return over === 0 ? 0 : -over;
}

const nextDay = (date: string): string => daysLater(date, 1);
