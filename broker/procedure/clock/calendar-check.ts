import type { FileRef } from '../files/file.js';
import { type Calendar, type CalendarDocument, calendarOf } from './calendar.js';
import type { CalendarBook } from './calendar-book.js';
import type { Clock } from './clock.js';
import { type ClockRules, computed, isRecomputed, recomputeClock } from './clock-rules.js';
import { dayOfDate, isDate, isWeekend, yearOf } from './shanghai-days.js';

/** Why a calendar is refused (`CALENDAR_INVALID`), with a JSON Pointer into the uploaded document. */
export interface CalendarProblem {
  path: string;
  text: string;
}

/** A clock of working days, with the file that has it. */
export interface ClockOfFile {
  file: FileRef;
  clock: Clock;
}

/** Due dates before and after a new calendar version. */
export interface RecomputedClock {
  file: FileRef;
  clock: string;
  from: string;
  to: string;
}

/** Faults of an uploaded calendar by itself; its fields have their types already. */
export function calendarProblems({ year, document, off, on }: CalendarDocument): CalendarProblem[] {
  const lists = [off, on] as const;
  const problems = lists.flatMap((days, list) => daysProblems(days, list === 0 ? '/off' : '/on', year));
  const worked = new Set(on);
  for (const [index, date] of off.entries()) {
    if (worked.has(date)) problems.push({ path: `/off/${index}`, text: `${date} is both off and on` });
  }
  for (const [index, date] of on.entries()) {
    if (isDate(date) && !isWeekend(dayOfDate(date))) {
      problems.push({ path: `/on/${index}`, text: `${date} is no Saturday or Sunday, so it is worked anyway` });
    }
  }
  if (typeof document !== 'string' || document.trim() === '') {
    problems.push({ path: '/document', text: 'the number of the notice that announces these days is missing' });
  }
  return problems;
}

function daysProblems(days: readonly string[], path: string, year: number): CalendarProblem[] {
  const seen = new Set<string>();
  return days.flatMap((date, index) => {
    const at = `${path}/${index}`;
    if (!isDate(date)) return [{ path: at, text: `${date} is no date` }];
    if (seen.has(date)) return [{ path: at, text: `${date} stands there twice` }];
    seen.add(date);
    return yearOf(dayOfDate(date)) === year ? [] : [{ path: at, text: `${date} is no day of ${year}` }];
  });
}

/** The version that an uploaded calendar becomes in a book. */
export const nextCalendar = (book: CalendarBook, document: CalendarDocument): Calendar =>
  calendarOf(book.nextVersion(document.region, document.year), document);

/**
 * Effect of a new version on clocks: those that it recomputes, and a problem for each that was kept and would have been
 * late, or runs and would be late now. `clocks` are any running, paused and met clocks; the others are skipped.
 */
export function effectOf(
  version: Calendar,
  clocks: Iterable<ClockOfFile>,
  rules: ClockRules,
  nowMs: number,
): { recomputed: RecomputedClock[]; problems: CalendarProblem[] } {
  const later: ClockRules = { ...rules, calendars: rules.calendars.plus(version) };
  const [recomputed, problems]: [RecomputedClock[], CalendarProblem[]] = [[], []];
  for (const { file, clock } of clocks) {
    if (clock.unit !== 'wd') continue;
    const whose = `${clock.id} of ${file.kind}/${file.id}`;
    if (clock.state === 'met') {
      if (wouldHaveBeenLate(clock, later)) problems.push({ path: '', text: `${whose} was kept and would be late` });
      continue;
    }
    const after = recomputeClock(clock, later, nowMs);
    if (!isRecomputed(clock, after)) continue;
    if (after.state === 'late') problems.push({ path: '', text: `${whose} would be late now` });
    recomputed.push({ file, clock: clock.id, from: clock.due, to: after.due });
  }
  return { recomputed, problems };
}

/** A clock that was ended while it was paused is met whatever the calendar says. */
function wouldHaveBeenLate(clock: Clock, rules: ClockRules): boolean {
  const endedInPause = clock.pausedAt !== undefined && clock.resumedAt === undefined;
  if (endedInPause || clock.doneAt === undefined) return false;
  const after = computed(clock, rules);
  return after.due !== clock.due && Date.parse(clock.doneAt) >= Date.parse(after.lateFrom);
}
