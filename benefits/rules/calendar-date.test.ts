import fc from 'fast-check';
import t from 'tap';
import { addDays, addMonths, dayIn, isDay, monthEnd, monthStart, wholeMonths } from './calendar-date.js';

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
