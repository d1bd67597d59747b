import { getFormatDateInfo, isDateFormat } from 'numfmt';

const DAY_MS = 86_400_000;
/** 9999-12-31 as the day number of a sheet. */
const LAST_DAY = 2_958_465;
/** Day 60 of the 1900 system is a 29th of February that there never was; the days before it are counted from a day later. */
const DAY_WITHOUT_DATE = 60;
/** The first day of a workbook that counts from 1904, as a day of the 1900 system. */
const FIRST_DAY_OF_1904 = 1_462;

/** Whether a number format shows a time. A duration such as `[h]:mm` is a number of hours and no time of a day. */
export const isTimeFormat = (code: string): boolean => isDate(code) && !/\[(?:h+|m+|s+)\]/i.test(code);

/** False for a format that cannot be read. */
function isDate(code: string): boolean {
  try {
    return isDateFormat(code);
  } catch {
    return false;
  }
}

/**
 * Date and time of a stored number, each only as far as its format shows it, or the flaw for which it shows none that can be taken. A binary
 * fraction of a day is next to the time that was typed, so it is rounded to steps of so many milliseconds.
 */
export function shownTime(serial: number, code: string, is1904: boolean, stepMs: number): string[] | { flaw: string } {
  const { year, month, day, hours, minutes, seconds } = getFormatDateInfo(code);
  const totalMs = Math.round((serial * DAY_MS) / stepMs) * stepMs;
  const wholeDays = Math.floor(totalMs / DAY_MS);
  const ms = totalMs - wholeDays * DAY_MS;
  // A day of the 1900 system; 0 for a time without a day.
  const dayNumber = wholeDays + (is1904 ? FIRST_DAY_OF_1904 : 0);
  if (serial < 0 || dayNumber > LAST_DAY) return { flaw: 'has a day that a sheet cannot show' };
  const time = new Date(ms).toISOString().slice(11, 23).replace('.000', '');
  if (!(year || month || day)) return [time];
  if (dayNumber === 0) return { flaw: 'has a time without a day in a format with one' };
  if (dayNumber === DAY_WITHOUT_DATE) return { flaw: 'has the day 1900-02-29, which never was' };
  const date = dateText(dayNumber);
  return hours || minutes || seconds || ms > 0 ? [date, time] : [date];
}

function dateText(dayNumber: number): string {
  const dayZero = dayNumber < DAY_WITHOUT_DATE ? Date.UTC(1899, 11, 31) : Date.UTC(1899, 11, 30);
  return new Date(dayZero + dayNumber * DAY_MS).toISOString().slice(0, 10);
}
