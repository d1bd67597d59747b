const DAY = /^(\d{4})-(\d{2})-(\d{2})$/;
const INSTANT =
  /^(\d{4}-\d{2}-\d{2})[Tt]([01]\d|2[0-3]):([0-5]\d):([0-5]\d|60)(\.\d{1,9})?(?:[Zz]|([+-])([01]\d|2[0-3]):([0-5]\d))$/;

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

/**
 * Milliseconds since 1970 of an RFC 3339 date-time with zone; undefined for any other value. `Date.parse` alone takes a day
 * that does not exist for another one, half a date-time for a whole one, and refuses leap seconds.
 */
export function instantMs(text: unknown): number | undefined {
  const [, day, hours, minutes, seconds, fraction = '', sign, zoneHours = '0', zoneMinutes = '0'] =
    (typeof text === 'string' && INSTANT.exec(text)) || [];
  if (!isDay(day)) return undefined;
  const offset = (sign === '-' ? -1 : 1) * (Number(zoneHours) * 60 + Number(zoneMinutes));
  const minuteOfDay = Number(hours) * 60 + Number(minutes) - offset;
  const isLeap = seconds === '60';
  // A leap second ends a day of UTC; POSIX time has no number for it, so it counts as the second after it.
  if (isLeap && (minuteOfDay + MINUTES_PER_DAY) % MINUTES_PER_DAY !== LAST_MINUTE_OF_DAY) return undefined;
  const whole = Date.parse(`${day}T00:00:00Z`) + (minuteOfDay * 60 + Number(seconds)) * SECOND_MS;
  return whole + (isLeap ? 0 : Math.floor(Number(`0${fraction}`) * SECOND_MS));
}

/** True for an RFC 3339 date-time with zone. */
export const isInstant = (text: unknown): text is string => instantMs(text) !== undefined;

export const isDayOrInstant = (text: unknown): text is string => isDay(text) || isInstant(text);
