import { withoutZerosAtEnd } from './decimal.js';

const DAY = /^(\d{4})-(\d{2})-(\d{2})$/;
const INSTANT =
  /^(\d{4}-\d{2}-\d{2})[Tt]([01]\d|2[0-3]):([0-5]\d):([0-5]\d|60)(?:\.(\d+))?(?:[Zz]|([+-])([01]\d|2[0-3]):([0-5]\d))$/;

const MINUTES_PER_DAY = 24 * 60;
const LAST_MINUTE_OF_DAY = MINUTES_PER_DAY - 1;
const SECOND_MS = 1000;

/** True for a calendar day that exists, such as `2026-11-22`. */
export function isDay(text: unknown): text is string {
  const [, year, month, day] = (typeof text === 'string' && DAY.exec(text)) || [];
  if (year === undefined) return false;
  const date = new Date(0);
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  return date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day);
}

/** An instant at full precision; compare it with `compareInstants`. */
export interface Instant {
  /** Seconds since 1970, in which a leap second has the number of the second after it. */
  second: number;
  isLeap: boolean;
  /** Digits of the fraction without zeros at the end, as many as there were. */
  fraction: string;
}

/**
 * The instant of an RFC 3339 date-time with zone; undefined for any other value. `Date.parse` alone takes a day that does not
 * exist for another one, half a date-time for a whole one, refuses leap seconds, and drops what is below a millisecond.
 */
export function instantOf(text: unknown): Instant | undefined {
  const [, day, hours, minutes, seconds, fraction = '', sign, zoneHours = '0', zoneMinutes = '0'] =
    (typeof text === 'string' && INSTANT.exec(text)) || [];
  if (!isDay(day)) return undefined;
  const offset = (sign === '-' ? -1 : 1) * (Number(zoneHours) * 60 + Number(zoneMinutes));
  const minuteOfDay = Number(hours) * 60 + Number(minutes) - offset;
  const isLeap = seconds === '60';
  // A leap second ends a day of UTC; POSIX time has no number for it.
  if (isLeap && (minuteOfDay + MINUTES_PER_DAY) % MINUTES_PER_DAY !== LAST_MINUTE_OF_DAY) return undefined;
  const second = Date.parse(`${day}T00:00:00Z`) / SECOND_MS + minuteOfDay * 60 + Number(seconds);
  return { second, isLeap, fraction: withoutZerosAtEnd(fraction) };
}

/** Negative, zero or positive. A leap second comes behind the second before it and before the one after it. */
export function compareInstants(a: Instant, b: Instant): number {
  if (a.second !== b.second) return a.second - b.second;
  if (a.isLeap !== b.isLeap) return a.isLeap ? -1 : 1;
  // Digit by digit behind the point, and a prefix is smaller: the order of strings.
  return a.fraction === b.fraction ? 0 : a.fraction < b.fraction ? -1 : 1;
}

/** Milliseconds since 1970, rounded down; undefined for what is not an RFC 3339 date-time with zone. */
export function instantMs(text: unknown): number | undefined {
  const instant = instantOf(text);
  if (!instant) return undefined;
  const ms = instant.isLeap ? 0 : Number(instant.fraction.slice(0, 3).padEnd(3, '0'));
  return instant.second * SECOND_MS + ms;
}

/** True for an RFC 3339 date-time with zone. */
export const isInstant = (text: unknown): text is string => instantOf(text) !== undefined;

export const isDayOrInstant = (text: unknown): text is string => isDay(text) || isInstant(text);
