import fc from 'fast-check';
import t from 'tap';
import {
  addDays,
  addMonths,
  compareDays,
  dayIn,
  isDay,
  isItemDay,
  monthEnd,
  monthStart,
  wholeMonths,
} from './calendar-date.js';

const day = fc.integer({ min: 0, max: 80_000 }).map((days) => addDays('1900-01-01', days));

t.test('adding months gives the last day where the month has no such day', async (t) => {
  t.equal(addMonths('2024-02-29', 12), '2025-02-28');
  t.equal(addMonths('2024-02-29', 48), '2028-02-29');
  t.equal(addMonths('2024-01-31', 1), '2024-02-29');
  t.equal(addMonths('2024-03-31', -1), '2024-02-29');
  t.equal(addMonths('2024-11-30', 3), '2025-02-28');
});

t.test('whole months are the largest number that fits between two days', async (t) => {
  fc.assert(
    fc.property(day, day, (from, to) => {
      const months = wholeMonths(from, to);
      return addMonths(from, months) <= to && addMonths(from, months + 1) > to;
    }),
  );
  t.pass('for all pairs of days');
});

t.test('starts and ends of months are right, and days that do not exist are refused', async (t) => {
  t.equal(monthStart('2024-02-17'), '2024-02-01');
  t.equal(monthEnd('2024-02-17'), '2024-02-29');
  t.equal(monthEnd('2100-02-01'), '2100-02-28');
  t.ok(isDay('2024-02-29'));
  for (const text of ['2023-02-29', '2024-13-01', '2024-00-10', '2024-1-1', '2024-04-31', ''])
    t.notOk(isDay(text), text);
});

t.test('an instant belongs to the day of the time zone', async (t) => {
  t.equal(dayIn('Asia/Shanghai')(new Date('2026-11-23T16:00:00Z')), '2026-11-24');
  t.equal(dayIn('Asia/Shanghai')(new Date('2026-11-23T15:59:59Z')), '2026-11-23');
});

t.test('days before the year 0 and after 9999 are compared and moved as days', async (t) => {
  t.equal(addDays('9999-12-31', 1), '+010000-01-01');
  t.equal(addDays('+010000-01-01', -1), '9999-12-31');
  t.equal(addDays('0000-01-01', -1), '-000001-12-31');
  t.equal(addMonths('9999-12-31', 2), '+010000-02-29');
  t.equal(addMonths('0000-03-31', -1), '0000-02-29');
  t.equal(monthEnd('+010001-02-03'), '+010001-02-28');
  t.equal(wholeMonths('2026-01-01', '+012026-01-01'), 120_000);
  t.equal(wholeMonths('-000001-12-31', '0001-12-31'), 24);
  const sorted = ['-000002-01-01', '-000001-12-31', '0000-01-01', '9999-12-31', '+010000-01-01', '+100000-01-01'];
  t.strictSame([...sorted].reverse().sort(compareDays), sorted);
  t.ok(isItemDay('0001-01-01') && isItemDay('9999-12-31'));
  for (const outside of ['0000-12-31', '+010000-01-01', '-000001-01-01']) t.notOk(isItemDay(outside), outside);
});

t.test('adding days agrees with the calendar of the platform', async (t) => {
  fc.assert(
    fc.property(fc.integer({ min: -700_000, max: 2_900_000 }), fc.integer({ min: -1000, max: 1000 }), (start, days) => {
      const iso = (number: number): string => new Date(number * 86_400_000).toISOString().split('T')[0]!;
      return addDays(iso(start), days) === iso(start + days);
    }),
  );
  t.pass('for all days');
});

t.test('the day of an instant in early years has a year of four digits', async (t) => {
  t.equal(dayIn('UTC')(new Date('0001-02-03T00:00:00Z')), '0001-02-03');
  t.equal(dayIn('UTC')(new Date('0000-02-03T00:00:00Z')), '0000-02-03');
  t.equal(dayIn('Asia/Shanghai')(new Date('9999-12-31T23:00:00Z')), '+010000-01-01');
});
