import { withoutZerosAtEnd } from './decimal.js';

const DAY = /^(\d{4})-(\d{2})-(\d{2})$/;
const INSTANT =
  /^(\d{4}-\d{2}-\d{2})[Tt]([01]\d|2[0-3]):([0-5]\d):([0-5]\d|60)(?:\.(\d+))?(?:[Zz]|([+-])([01]\d|2[0-3]):([0-5]\d))$/;

const SECOND_MS = 1000;
const DAY_SECONDS = 24 * 60 * 60;
/** The second after the first leap second. */
const FIRST_LEAP_SECOND = Date.UTC(1972, 6, 1) / SECOND_MS;

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
  const second = Date.parse(`${day}T00:00:00Z`) / SECOND_MS + minuteOfDay * 60 + Number(seconds);
  const isLeap = seconds === '60';
  if (isLeap && !followsLeapSecond(second)) return undefined;
  return { second, isLeap, fraction: withoutZerosAtEnd(fraction) };
}

/**
 * A leap second is inserted before such a second: at the end of June or December in UTC, since 1972. POSIX time has no number for
 * it. A table of those that there were would refuse the next one. See docs/decisions/0235.
 */
function followsLeapSecond(second: number): boolean {
  const date = new Date(second * SECOND_MS);
  const beginsHalfYear = second % DAY_SECONDS === 0 && date.getUTCDate() === 1 && date.getUTCMonth() % 6 === 0;
  return beginsHalfYear && second >= FIRST_LEAP_SECOND;
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

/** The formats of JSON Schema as they are read everywhere: libraries take a space for the `T`, and zones without a colon or minutes. */
export const RFC3339_FORMATS = { date: isDay, 'date-time': isInstant };

export const isDayOrInstant = (text: unknown): text is string => isDay(text) || isInstant(text);
