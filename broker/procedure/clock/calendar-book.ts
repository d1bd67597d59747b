import type { FoldedRoom, SavedItem } from '../../ledger/checkpoint/folded-room.js';
import type { LedgerRecord } from '../../ledger/record.js';
import { type Calendar, type CalendarDocument, calendarId, calendarOf, isWorked, NATIONAL } from './calendar.js';
import { dateOf, dayOfDate, yearOf } from './shanghai-days.js';

/** Where a count of working days ends. */
export interface CountedDays {
  /** `YYYY-MM-DD` */
  due: string;
  /** A day was counted whose year has no calendar yet. */
  provisional: boolean;
  /** Calendar version of the year in which `due` lies; null while provisional. */
  calendar: string | null;
}

/**
 * The calendars in force, folded from the ledger. A region without a calendar for a year uses the national one; a year
 * without either counts weekends and the holidays of fixed date, provisionally. Of several versions the highest holds.
 */
export class CalendarBook implements FoldedRoom {
  readonly #inForce: Map<string, Calendar>;

  constructor(inForce: Iterable<Calendar> = []) {
    this.#inForce = new Map();
    for (const calendar of inForce) this.#take(calendar);
  }

  readonly fold = ({ kind, id, document }: LedgerRecord): void => {
    if (kind === 'calendar') this.#take(calendarOf(id, document as CalendarDocument));
  };

  save(): SavedItem[] {
    return [...this.#inForce.values()].map((one) => ({ state: { ...one, off: [...one.off], on: [...one.on] } }));
  }

  load({ state }: SavedItem): void {
    const { off, on, ...rest } = state as Omit<Calendar, 'off' | 'on'> & { off: number[]; on: number[] };
    this.#take({ ...rest, off: new Set(off), on: new Set(on) });
  }

  /** Ids of the versions in force. */
  get versions(): string[] {
    return [...this.#inForce.values()].map(({ id }) => id).sort();
  }

  /** Id of the version that holds for a region in a year; undefined where none is laid down. */
  versionOf(region: string, year: number): string | undefined {
    return this.#find(region, year)?.id;
  }

  /** Id that the next version of a region's calendar gets. */
  nextVersion(region: string, year: number): string {
    return calendarId(region, year, (this.#inForce.get(keyOf(region, year))?.version ?? 0) + 1);
  }

  /** A book in which that version is in force as well; this one stays as it is. */
  plus(calendar: Calendar): CalendarBook {
    return new CalendarBook([...this.#inForce.values(), calendar]);
  }

  /** `day` is counted from 1970-01-01, as in `shanghai-days.ts`. */
  isWorkingDay(day: number, region: string): boolean {
    return isWorked(day, this.#find(region, yearOf(day)));
  }

  /** The `count`-th working day after a date; the date itself is not counted. */
  addWorkingDays(from: string, count: number, region: string): CountedDays {
    let day = dayOfDate(from);
    let year = 0;
    let calendar: Calendar | undefined;
    let provisional = false;
    for (let left = count; left > 0; ) {
      day++;
      if (yearOf(day) !== year) {
        year = yearOf(day);
        calendar = this.#find(region, year);
        provisional ||= calendar === undefined;
      }
      if (isWorked(day, calendar)) left--;
    }
    return { due: dateOf(day), provisional, calendar: provisional ? null : (calendar?.id ?? null) };
  }

  /** How many working days there are from a date on, itself counted, up to another, itself not counted. */
  workingDaysBetween(from: string, until: string, region: string): number {
    let count = 0;
    for (let day = dayOfDate(from); day < dayOfDate(until); day++) {
      if (this.isWorkingDay(day, region)) count++;
    }
    return count;
  }

  #find(region: string, year: number): Calendar | undefined {
    return this.#inForce.get(keyOf(region, year)) ?? this.#inForce.get(keyOf(NATIONAL, year));
  }

  #take(calendar: Calendar): void {
    const key = keyOf(calendar.region, calendar.year);
    if (calendar.version > (this.#inForce.get(key)?.version ?? 0)) this.#inForce.set(key, calendar);
  }
}

const keyOf = (region: string, year: number): string => `${region}@${year}`;
