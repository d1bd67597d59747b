/**
 * A day of the proleptic Gregorian calendar: `YYYY-MM-DD` in the years 0 to 9999, outside of them with a sign and six or more digits
 * (`+010000-01-01`). Days are compared by `compareDays`: as strings they sort only within those years.
 */
export type Day = string;

interface DayParts {
  year: number;
  month: number;
  day: number;
}

const GRAMMAR = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/;
const EXTENDED = /^([+-]\d{6,}|\d{4})-(\d\d)-(\d\d)$/;
const PLAIN_LENGTH = 10;
const YEARS_PER_CYCLE = 400;
const DAYS_PER_CYCLE = 146_097;

export const isDay = (text: string): boolean => GRAMMAR.test(text) && partsOf(text).day <= lengthOfMonth(partsOf(text));

/** True for a day that an item of type date can hold: the years 1 to 9999. */
export const isItemDay = (day: Day): boolean => day.length === PLAIN_LENGTH && !day.startsWith('0000');

export function compareDays(one: Day, other: Day): number {
  if (one.length === PLAIN_LENGTH && other.length === PLAIN_LENGTH) return one === other ? 0 : one < other ? -1 : 1;
  return dayNumber(partsOf(one)) - dayNumber(partsOf(other));
}

export const addDays = (day: Day, days: number): Day => dayString(fromDayNumber(dayNumber(partsOf(day)) + days));

/** Where the month has no such day, its last one: Civil Code of the PRC, article 202. */
export function addMonths(day: Day, months: number): Day {
  const parts = partsOf(day);
  const index = parts.year * 12 + parts.month - 1 + months;
  const first = { year: Math.floor(index / 12), month: index - Math.floor(index / 12) * 12 + 1, day: 1 };
  return dayString({ ...first, day: Math.min(parts.day, lengthOfMonth(first)) });
}

/** Whole months from one day to another; negative when `to` comes first. */
export function wholeMonths(from: Day, to: Day): number {
  const [start, end] = [partsOf(from), partsOf(to)];
  const months = (end.year - start.year) * 12 + end.month - start.month;
  return compareDays(addMonths(from, months), to) <= 0 ? months : months - 1;
}

export const monthStart = (day: Day): Day => dayString({ ...partsOf(day), day: 1 });

export const monthEnd = (day: Day): Day => dayString({ ...partsOf(day), day: lengthOfMonth(partsOf(day)) });

/** Returns a function that gives the day of an instant in a time zone. */
export function dayIn(timeZone: string): (instant: Date) => Day {
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    era: 'short',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  });
  return (instant) => {
    const parts = new Map(format.formatToParts(instant).map(({ type, value }) => [type, value]));
    const year = Number(parts.get('year'));
    const isBeforeChrist = parts.get('era')?.startsWith('B') ?? false;
    return dayString({
      year: isBeforeChrist ? 1 - year : year,
      month: Number(parts.get('month')),
      day: Number(parts.get('day')),
    });
  };
}

function partsOf(text: Day): DayParts {
  const [, year, month, day] = EXTENDED.exec(text) ?? [];
  if (year === undefined) throw new RangeError('a value of type date is not a day');
  return { year: Number(year), month: Number(month), day: Number(day) };
}

function dayString({ year, month, day }: DayParts): Day {
  const digits = String(Math.abs(year));
  const isPlain = year >= 0 && year <= 9999;
  const yearText = isPlain ? digits.padStart(4, '0') : `${year < 0 ? '-' : '+'}${digits.padStart(6, '0')}`;
  return `${yearText}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
}

function lengthOfMonth({ year, month }: DayParts): number {
  if (month !== 2) return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
}

/** Days since 0000-03-01. Years are counted from March, so that a leap day is the last day of its year. */
function dayNumber({ year, month, day }: DayParts): number {
  const marchYear = month <= 2 ? year - 1 : year;
  const cycle = Math.floor(marchYear / YEARS_PER_CYCLE);
  const yearOfCycle = marchYear - cycle * YEARS_PER_CYCLE;
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  const dayOfCycle = yearOfCycle * 365 + Math.floor(yearOfCycle / 4) - Math.floor(yearOfCycle / 100) + dayOfYear;
  return cycle * DAYS_PER_CYCLE + dayOfCycle;
}

/** The inverse of `dayNumber`. */
function fromDayNumber(number: number): DayParts {
  const cycle = Math.floor(number / DAYS_PER_CYCLE);
  const dayOfCycle = number - cycle * DAYS_PER_CYCLE;
  const leapDays = Math.floor(dayOfCycle / 1460) - Math.floor(dayOfCycle / 36_524) + Math.floor(dayOfCycle / 146_096);
  const yearOfCycle = Math.floor((dayOfCycle - leapDays) / 365);
  const dayOfYear = dayOfCycle - (365 * yearOfCycle + Math.floor(yearOfCycle / 4) - Math.floor(yearOfCycle / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  return {
    year: cycle * YEARS_PER_CYCLE + yearOfCycle + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1,
  };
}
