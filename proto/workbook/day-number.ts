import { isDateFormat } from 'numfmt';

const DAY_MS = 86_400_000;
/** 9999-12-31 as the day number of a sheet. */
const LAST_DAY = 2_958_465;
/** Day 60 of the 1900 system is a 29th of February that there never was; the days before it are counted from a day later. */
const DAY_WITHOUT_DATE = 60;
/** The first day of a workbook that counts from 1904, as a day of the 1900 system. */
const FIRST_DAY_OF_1904 = 1_462;

/** Whether a number format shows a time. A duration such as `[h]:mm` is a number of hours and no time of a day. */
export const isTimeFormat = (code: string): boolean => isDateFormat(code) && !/\[(?:h+|m+|s+)\]/i.test(code);

/** A moment as a sheet stores it: days, and a fraction of one. */
export interface SheetMoment {
  /** Number of the day in the 1900 system; 0 for a time without a day. */
  day: number;
  /** Milliseconds of the day. */
  ms: number;
}

/**
 * The moment of a stored number; undefined for one that a sheet cannot show. A binary fraction of a day is next to the time that was
 * typed, so it is rounded to steps of so many milliseconds.
 */
export function momentOfSerial(serial: number, is1904: boolean, stepMs: number): SheetMoment | undefined {
  const totalMs = Math.round((serial * DAY_MS) / stepMs) * stepMs;
  const wholeDays = Math.floor(totalMs / DAY_MS);
  const day = wholeDays + (is1904 ? FIRST_DAY_OF_1904 : 0);
  return serial < 0 || day > LAST_DAY ? undefined : { day, ms: totalMs - wholeDays * DAY_MS };
}

/** `YYYY-MM-DD` of a day of the 1900 system; undefined for the one that no calendar has. */
export function dateOfDayNumber(day: number): string | undefined {
  if (day === DAY_WITHOUT_DATE) return undefined;
  const dayZero = day < DAY_WITHOUT_DATE ? Date.UTC(1899, 11, 31) : Date.UTC(1899, 11, 30);
  return new Date(dayZero + day * DAY_MS).toISOString().slice(0, 10);
}
