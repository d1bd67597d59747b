import { dateOf, dayOfDate, isWeekend } from './shanghai-days.js';

/** Region of the national calendar. */
export const NATIONAL = '000000';

/** A year's days off and make-up working days as they are uploaded, recorded and shown. Dates are `YYYY-MM-DD`. */
export interface CalendarDocument {
  region: string;
  year: number;
  /** Number of the notice that announces the days. */
  document: string;
  /** Days off besides ordinary weekends. */
  off: string[];
  /** Saturdays and Sundays that are worked. */
  on: string[];
}

/** One version of a region's calendar for one year. */
export interface Calendar {
  /** `cn@2026.1`, or the region's number instead of `cn`. */
  id: string;
  version: number;
  region: string;
  year: number;
  off: ReadonlySet<number>;
  on: ReadonlySet<number>;
}

export const calendarId = (region: string, year: number, version: number): string =>
  `${region === NATIONAL ? 'cn' : region}@${year}.${version}`;

const ID = /^(cn|\d{6})@(\d{4})\.(\d{1,9})$/;

/** Throws TypeError when the id is not that of a calendar. */
export function calendarOf(id: string, { off, on }: Pick<CalendarDocument, 'off' | 'on'>): Calendar {
  const [, region, year, version] = ID.exec(id) ?? [];
  if (region === undefined) throw new TypeError(`${id} is no id of a calendar`);
  return {
    id,
    version: Number(version),
    region: region === 'cn' ? NATIONAL : region,
    year: Number(year),
    off: new Set(off.map(dayOfDate)),
    on: new Set(on.map(dayOfDate)),
  };
}

/** Holidays whose date never changes; they count in a year whose calendar is not there yet. */
const FIXED_HOLIDAYS = new Set(['01-01', '05-01', '05-02', '10-01', '10-02', '10-03']);

/** Whether a day is worked by a calendar, or by the weekday and the fixed holidays where there is none. */
export function isWorked(day: number, calendar: Calendar | undefined): boolean {
  if (!calendar) return !isWeekend(day) && !FIXED_HOLIDAYS.has(dateOf(day).slice(5));
  return calendar.on.has(day) || (!calendar.off.has(day) && !isWeekend(day));
}
