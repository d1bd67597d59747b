/** A calendar as it is uploaded; days are `YYYY-MM-DD`. */
export interface CalendarDocument {
  region: string;
  year: number;
  document: string;
  off: readonly string[];
  on: readonly string[];
}

/** Days off of a year that nobody has announced yet. */
const FIXED_HOLIDAYS = ['01-01', '05-01', '05-02', '10-01', '10-02', '10-03'];
const DAY_MS = 86_400_000;

export const plusDays = (day: string, days: number): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);

/** The same day of another year; of a leap day the last of its month (Civil Code, art. 202). */
export function plusYears(day: string, years: number): string {
  const year = Number(day.slice(0, 4)) + years;
  const lastOfFebruary = plusDays(`${year}-03-01`, -1);
  return day.endsWith('-02-29') ? lastOfFebruary : `${year}${day.slice(4)}`;
}

const isWeekend = (day: string): boolean => [0, 6].includes(new Date(`${day}T00:00:00Z`).getUTCDay());

export interface DueDay {
  due: string;
  provisional: boolean;
  /** The version of the year of `due`; null while provisional. */
  calendar: string | null;
}

/** Working days of one nation, counted day by day. */
export class WorkCalendar {
  readonly #years = new Map<string, { id: string; off: Set<string>; on: Set<string>; version: number }>();

  /** Takes a version in place of the one before; returns its id. */
  take({ year, off, on }: CalendarDocument): string {
    const version = (this.#years.get(String(year))?.version ?? 0) + 1;
    const id = `cn@${year}.${version}`;
    this.#years.set(String(year), { id, version, off: new Set(off), on: new Set(on) });
    return id;
  }

  isWorking(day: string): boolean {
    const year = this.#years.get(day.slice(0, 4));
    if (!year) return !isWeekend(day) && !FIXED_HOLIDAYS.includes(day.slice(5));
    return year.on.has(day) || (!isWeekend(day) && !year.off.has(day));
  }

  /** The `count`-th working day after `start`, which itself is not counted. */
  dueAfter(start: string, count: number): DueDay {
    let due = start;
    let provisional = false;
    for (let left = count; left > 0; ) {
      due = plusDays(due, 1);
      provisional ||= !this.#years.has(due.slice(0, 4));
      if (this.isWorking(due)) left--;
    }
    return { due, provisional, calendar: provisional ? null : (this.#years.get(due.slice(0, 4))?.id ?? null) };
  }

  /** Working days d with from ≤ d < to. */
  between(from: string, to: string): number {
    let days = 0;
    for (let day = from; day < to; day = plusDays(day, 1)) if (this.isWorking(day)) days++;
    return days;
  }
}
