import fc from 'fast-check';
import t from 'tap';
import { calendarOf } from './calendar.js';
import { CalendarBook } from './calendar-book.js';
import type { Clock } from './clock.js';
import {
  type ClockRules,
  daysLeft,
  endClock,
  extendClock,
  hasFallenLate,
  judged,
  pauseClock,
  recomputeClock,
  rerunClock,
  resumeClock,
  startClock,
} from './clock-rules.js';
import { CN_2025, CN_2026 } from './national-calendars.js';
import { dateAt, dateOf, dayOfDate, daysLater, momentOf, yearsLater } from './shanghai-days.js';

const book = new CalendarBook([calendarOf('cn@2025.1', CN_2025), calendarOf('cn@2026.1', CN_2026)]);
const rules: ClockRules = { calendars: book, regionOf: () => '350000', closingHour: 24 };
const at = (text: string): number => Date.parse(text.includes('T') ? `${text}:00+08:00` : `${text}T10:00:00+08:00`);
const start = (id: string, day: string, length: number, with_ = rules): Clock =>
  startClock({ id, party: 'p', startMs: at(day), unit: 'wd', length }, with_, at(day));

t.test('due dates are those of the test vectors of the regulation', async (t) => {
  const vectors: [string, number, string][] = [
    ['2025-09-26', 1, '2025-09-28'],
    ['2025-09-26', 10, '2025-10-16'],
    ['2025-09-26', 20, '2025-10-30'],
    ['2025-12-31', 1, '2026-01-04'],
    ['2026-01-31', 10, '2026-02-13'],
    ['2026-02-06', 10, '2026-02-27'],
    ['2026-02-06', 20, '2026-03-12'],
    ['2026-02-13', 1, '2026-02-14'],
    ['2026-02-13', 2, '2026-02-24'],
    ['2026-02-28', 15, '2026-03-20'],
    ['2026-04-28', 10, '2026-05-14'],
    ['2026-09-18', 20, '2026-10-22'],
    ['2026-09-30', 1, '2026-10-08'],
    ['2026-01-04', 20, '2026-01-30'],
    ['2026-02-27', 20, '2026-03-26'],
    ['2026-03-18', 2, '2026-03-20'],
    ['2026-02-13', 2, '2026-02-24'],
    ['2026-06-08', 30, '2026-07-21'],
    ['2026-07-01', 20, '2026-07-29'],
    ['2026-10-12', 20, '2026-11-09'],
  ];
  for (const [day, length, due] of vectors) t.equal(start('D4', day, length).due, due, `${day} + ${length}`);
});

t.test('both years have 248 working days', async (t) => {
  for (const year of ['2025', '2026']) {
    t.equal(book.workingDaysBetween(`${year}-01-01`, `${Number(year) + 1}-01-01`, '350000'), 248);
  }
});

t.test('a year without a calendar counts fixed holidays and makes the clock provisional until it comes', async (t) => {
  const early: ClockRules = { ...rules, calendars: new CalendarBook([calendarOf('cn@2025.1', CN_2025)]) };
  const clock = start('D3', '2025-12-31', 1, early);
  t.match(clock, { due: '2026-01-02', provisional: true, calendar: null, lateFrom: '2026-01-03T00:00:00+08:00' });
  const later = recomputeClock(clock, rules, at('2025-12-31'));
  t.match(later, { due: '2026-01-04', provisional: false, calendar: 'cn@2026.1', state: 'running' });
});

t.test('D4 of the department’s year: paused, resumed, extended, and met on its last day', async (t) => {
  let clock = start('D4', '2026-02-06', 10);
  t.match(clock, { due: '2026-02-27', lateFrom: '2026-02-28T00:00:00+08:00', calendar: 'cn@2026.1', length: 10 });
  clock = pauseClock(clock, at('2026-02-10'));
  t.match(clock, { state: 'paused', due: '2026-02-27', pausedDays: 0 });
  t.equal(judged(clock, at('2027-01-01')).state, 'paused', 'a paused clock does not fall late');
  clock = resumeClock(clock, rules, at('2026-02-12'));
  t.match(clock, { state: 'running', due: '2026-03-02', pausedDays: 2 });
  clock = extendClock(clock, 5, rules, at('2026-02-13'));
  t.match(clock, { due: '2026-03-09', extendedDays: 5 });
  t.match(endClock(clock, at('2026-03-09T23:59')), { state: 'met', doneAt: '2026-03-09T23:59:00+08:00' });
  t.match(endClock(clock, at('2026-03-10T00:00')), { state: 'late', doneAt: '2026-03-10T00:00:00+08:00' });
});

t.test('a clock is late from 24:00 of its day on, once, and stays so', async (t) => {
  const clock = start('D4', '2026-04-28', 10);
  t.equal(judged(clock, at('2026-05-15T00:00') - 1).state, 'running');
  const late = judged(clock, at('2026-05-15T00:00'));
  t.ok(hasFallenLate(clock, late));
  t.notOk(hasFallenLate(late, endClock(late, at('2026-05-20'))));
  t.equal(extendClock(late, 5, rules, at('2026-05-16')).due, '2026-05-14', 'and is not extended');
  t.equal(pauseClock(late, at('2026-05-16')).state, 'late');
  t.match(
    startClock({ id: 'D1', party: 'p', startMs: at('2026-02-06'), unit: 'wd', length: 1 }, rules, at('2026-03-01')),
    {
      state: 'late',
    },
  );
});

t.test('a clock that was ended while paused is met, and one that runs again keeps its due date', async (t) => {
  const paused = pauseClock(start('D4', '2026-02-06', 10), at('2026-02-10'));
  t.equal(endClock(paused, at('2026-06-01')).state, 'met');
  const done = endClock(start('D1', '2026-02-06', 10), at('2026-02-10'));
  const again = rerunClock(done, at('2026-02-12'));
  t.match(again, { state: 'running', due: '2026-02-27' });
  t.notOk('doneAt' in again);
  t.ok(hasFallenLate(done, rerunClock(done, at('2026-03-01'))), 'run again after its day it falls late at once');
  const late = endClock(judged(start('D1', '2026-02-06', 10), at('2026-03-01')), at('2026-03-02'));
  t.notOk(hasFallenLate(late, rerunClock(late, at('2026-03-03'))), 'what was late is not recorded twice');
});

t.test('hours are continuous, dates end at the closing hour, a lock is met when its day is over', async (t) => {
  const incident = { id: 'I1', party: 'p', startMs: at('2026-08-10T22:05'), unit: 'h', length: 2 } as const;
  const due = '2026-08-11T00:05:00+08:00';
  t.match(startClock(incident, rules, at('2026-08-10T22:05')), { due, lateFrom: due, calendar: null });
  t.equal(startClock(incident, rules, Date.parse(due)).state, 'late');
  const day = { id: 'D9', party: 'p', startMs: at('2026-08-11'), unit: 'date', due: '2026-08-21' } as const;
  const order = startClock(day, { ...rules, closingHour: 18 }, at('2026-08-11'));
  t.match(order, { due: '2026-08-21', lateFrom: '2026-08-21T18:00:00+08:00' });
  t.notOk('length' in order);
  const lock = startClock({ ...day, id: 'D8', due: yearsLater('2027-01-01', 3) }, rules, at('2027-01-01'));
  const over = judged(lock, at('2030-01-02T00:00'));
  t.match(over, { due: '2030-01-01', state: 'met', doneAt: '2030-01-02T00:00:00+08:00' });
  t.equal(yearsLater('2028-02-29', 3), '2031-02-28');
});

t.test('a region with a calendar of its own counts by it, all others by the national one', async (t) => {
  const off = [...CN_2026.off, '2026-03-20'];
  const regional = book.plus(calendarOf('650000@2026.1', { off, on: CN_2026.on }));
  t.match(regional.addWorkingDays('2026-03-19', 1, '650000'), { due: '2026-03-23', calendar: '650000@2026.1' });
  t.match(regional.addWorkingDays('2026-03-19', 1, '350000'), { due: '2026-03-20', calendar: 'cn@2026.1' });
  t.match(regional.addWorkingDays('2025-12-31', 1, '650000'), { due: '2026-01-04' });
  t.equal(regional.nextVersion('650000', 2026), '650000@2026.2');
  t.equal(regional.nextVersion('000000', 2027), 'cn@2027.1');
});

t.test('days left are 0 on the day itself and count working days on both sides', async (t) => {
  const clock = start('D4', '2026-02-06', 10);
  const left = (day: string): number => daysLeft(clock, rules, at(day));
  t.same(
    ['2026-02-06', '2026-02-26', '2026-02-27T00:00', '2026-02-27T23:59', '2026-02-28', '2026-03-02'].map(left),
    [10, 1, 0, 0, -1, -2],
  );
});

const anyDay = fc.integer({ min: dayOfDate('2025-01-01'), max: dayOfDate('2026-10-31') }).map(dateOf);

t.test(
  'property: a due date is a working day with exactly as many working days up to it as the clock has',
  async () => {
    fc.assert(
      fc.property(anyDay, fc.integer({ min: 1, max: 30 }), (day, length) => {
        const { due } = book.addWorkingDays(day, length, '350000');
        const counted = book.workingDaysBetween(daysLater(day, 1), daysLater(due, 1), '350000');
        return book.isWorkingDay(dayOfDate(due), '350000') && counted === length;
      }),
    );
  },
);

t.test('property: a pause moves the due date by its working days, however it lies to holidays', async () => {
  const pauses = fc.tuple(anyDay, fc.integer({ min: 1, max: 20 }), fc.nat(15), fc.nat(30));
  fc.assert(
    fc.property(pauses, ([day, length, before, during]) => {
      const clock = start('D4', day, length);
      const pausedOn = daysLater(day, before);
      if (pausedOn > clock.due) return true;
      const resumedOn = daysLater(pausedOn, during);
      const after = resumeClock(pauseClock(clock, at(pausedOn)), rules, at(resumedOn));
      const paused = book.workingDaysBetween(pausedOn, resumedOn, '350000');
      const expected = book.addWorkingDays(day, length + paused, '350000').due;
      return after.due === expected && after.pausedDays === paused && after.state === 'running';
    }),
  );
});

t.test('property: a moment is written with +08:00 and read back as the same', async () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4e12 }), (ms) => {
      const text = momentOf(ms);
      return Date.parse(text) === ms && text.endsWith('+08:00') && text.startsWith(dateAt(ms));
    }),
  );
});
