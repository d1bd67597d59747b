import { type CalendarDocument, NATIONAL } from './calendar.js';
import { dateOf, dayOfDate } from './shanghai-days.js';

/** Dates from one to another, both counted; a single one stands for itself. */
const span = (range: string, year: number): string[] => {
  const [from, to = from] = range.split('..').map((day) => dayOfDate(`${year}-${day}`)) as [number, number?];
  return Array.from({ length: (to ?? from) - from + 1 }, (_, offset) => dateOf(from + offset));
};

const national = (year: number, document: string, off: string[], on: string[]): CalendarDocument => ({
  region: NATIONAL,
  year,
  document,
  off: off.flatMap((range) => span(range, year)),
  on: on.map((day) => `${year}-${day}`),
});

/** The national calendar of 2025, by the notice of 2024-11-12. */
export const CN_2025 = national(
  2025,
  '国办发明电〔2024〕12号',
  ['01-01', '01-28..02-04', '04-04..04-06', '05-01..05-05', '05-31..06-02', '10-01..10-08'],
  ['01-26', '02-08', '04-27', '09-28', '10-11'],
);

/** The national calendar of 2026, by the notice of 2025-11-04. */
export const CN_2026 = national(
  2026,
  '国办发明电〔2025〕7号',
  ['01-01..01-03', '02-15..02-23', '04-04..04-06', '05-01..05-05', '06-19..06-21', '09-25..09-27', '10-01..10-07'],
  ['01-04', '02-14', '02-28', '05-09', '09-20', '10-10'],
);

/** The days off and the make-up working days that the State Council General Office has announced, by year. */
export const NATIONAL_CALENDARS: readonly CalendarDocument[] = [CN_2025, CN_2026];
