import t from 'tap';
import { retryAfterMs } from './retry-after.js';

const NOW_MS = Date.parse('2026-11-24T08:00:00Z');

t.test('Retry-After is read as seconds or as a date, up to an hour', async (t) => {
  t.equal(retryAfterMs('0', NOW_MS), 0);
  t.equal(retryAfterMs(' 120 ', NOW_MS), 120_000);
  t.equal(retryAfterMs('Tue, 24 Nov 2026 08:00:30 GMT', NOW_MS), 30_000);
  t.equal(retryAfterMs('Tue, 24 Nov 2026 07:00:00 GMT', NOW_MS), 0);
  t.equal(retryAfterMs('999999999999', NOW_MS), 3_600_000);
});

t.test('a Retry-After that cannot be read is ignored', async (t) => {
  for (const header of [null, undefined, '', '-1', '1.5', 'soon', '0x10'])
    t.equal(retryAfterMs(header, NOW_MS), undefined);
});
