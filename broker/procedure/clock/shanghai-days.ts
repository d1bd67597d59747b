/**
 * Days and moments in Asia/Shanghai, which has had no summer time since 1991 and so is a fixed offset. A day is counted
 * from 1970-01-01, so that adding and comparing are plain arithmetic.
 */
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const OFFSET_MS = 8 * HOUR_MS;
/** 1970-01-01 was a Thursday. */
const FIRST_WEEKDAY = 4;

const DATE = /^\d{4}-\d{2}-\d{2}$/;

/** Whether a string is a date `YYYY-MM-DD` that exists. */
export const isDate = (text: string): boolean =>
  DATE.test(text) && !Number.isNaN(Date.parse(text)) && dateOf(dayOfDate(text)) === text;

/** The day on which a moment, in milliseconds since 1970, falls. */
export const dayAt = (ms: number): number => Math.floor((ms + OFFSET_MS) / DAY_MS);

/** The day of a date `YYYY-MM-DD`. */
export const dayOfDate = (date: string): number => Date.parse(`${date}T00:00:00Z`) / DAY_MS;

export const dateOf = (day: number): string => new Date(day * DAY_MS).toISOString().slice(0, 10);

/** The date on which a moment, in milliseconds since 1970, falls. */
export const dateAt = (ms: number): string => dateOf(dayAt(ms));

export const yearOf = (day: number): number => new Date(day * DAY_MS).getUTCFullYear();

/** That hour of a day, in milliseconds since 1970; hour 24 is the first moment of the next day. */
export const hourOfDay = (day: number, hour: number): number => day * DAY_MS - OFFSET_MS + hour * HOUR_MS;

export const isWeekend = (day: number): boolean => {
  const weekday = (day + FIRST_WEEKDAY) % 7;
  return weekday === 0 || weekday === 6;
};

/** A moment as answers and records show it: RFC 3339 with +08:00, milliseconds only where there are any. */
export const momentOf = (ms: number): string =>
  `${new Date(ms + OFFSET_MS).toISOString().replace(/(?:\.000)?Z$/, '')}+08:00`;

/** The same date some years later; 29 February becomes the 28th where the year has none. */
export function yearsLater(date: string, years: number): string {
  const later = `${String(Number(date.slice(0, 4)) + years).padStart(4, '0')}${date.slice(4)}`;
  return isDate(later) ? later : `${later.slice(0, 8)}28`;
}

/** The date so many calendar days later. */
export const daysLater = (date: string, days: number): string => dateOf(dayOfDate(date) + days);
