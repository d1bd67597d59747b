import t from 'tap';
import { RefusedAttempts } from './refused-attempts.js';

const DAY = Date.parse('2026-02-06T10:00:00+08:00');

t.test('a flood of refused calls of one caller is on record by its number, each day anew', async (t) => {
  const attempts = new RefusedAttempts();
  const recorded = Array.from({ length: 5_000 }, () => attempts.next('officer:pan', DAY)).filter(
    (one) => one !== undefined,
  );
  t.equal(recorded.filter(({ count }) => count === undefined).length, 1_000);
  t.same(
    recorded.slice(1_000).map(({ count }) => count),
    [2_000, 4_000],
  );
  t.same(attempts.next('officer:other', DAY), {});
  t.same(attempts.next('officer:pan', DAY + 14 * 3_600_000), {}, 'the next day in Shanghai');
});
