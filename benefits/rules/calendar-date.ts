/** A day, `YYYY-MM-DD`. Days compare as texts. */
export type Day = string;

const DAY_MS = 86_400_000;
const GRAMMAR = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/;

export const isDay = (text: string): boolean => GRAMMAR.test(text) && dayOfMonth(text) <= lengthOfMonth(text);

export function addDays(day: Day, days: number): Day {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
}

/** Where the month has no such day, its last one: Civil Code of the PRC, article 202. */
export function addMonths(day: Day, months: number): Day {
  const index = yearOf(day) * 12 + monthOf(day) - 1 + months;
  const first = dayText(Math.floor(index / 12), (index % 12) + 1, 1);
  return dayText(Math.floor(index / 12), (index % 12) + 1, Math.min(dayOfMonth(day), lengthOfMonth(first)));
}

/** Whole months from one day to another; negative when `to` comes first. */
export function wholeMonths(from: Day, to: Day): number {
  const months = (yearOf(to) - yearOf(from)) * 12 + monthOf(to) - monthOf(from);
  return addMonths(from, months) <= to ? months : months - 1;
}

export const monthStart = (day: Day): Day => `${day.slice(0, 8)}01`;

export const monthEnd = (day: Day): Day => `${day.slice(0, 8)}${lengthOfMonth(day)}`;

/** Returns a function that gives the day of an instant in a time zone. */
export function dayIn(timeZone: string): (instant: Date) => Day {
  const format = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' });
  return (instant) => format.format(instant);
}

const yearOf = (day: Day): number => Number(day.slice(0, 4));
const monthOf = (day: Day): number => Number(day.slice(5, 7));
const dayOfMonth = (day: Day): number => Number(day.slice(8, 10));

function lengthOfMonth(day: Day): number {
  const month = monthOf(day);
  if (month !== 2) return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
  const year = yearOf(day);
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
}

const dayText = (year: number, month: number, day: number): Day =>
  `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
