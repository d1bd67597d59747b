import t from 'tap';
import { SystemRate } from '../../parties/quotas/system-rate.js';
import { SystemUsage } from './system-usage.js';

t.test('a system may send its events per second, and no other system pays for it', async (t) => {
  let now = 0;
  const rate = new SystemRate({ perSecond: 10 }, () => now);
  t.equal(Array.from({ length: 15 }, () => rate.take('a', 1)).filter(Boolean).length, 10);
  t.ok(rate.take('b', 10));
  now = 500;
  t.equal(Array.from({ length: 15 }, () => rate.take('a', 1)).filter(Boolean).length, 5);
  now = 60_000;
  t.notOk(rate.take('a', 1) && rate.take('a', 10), 'no more than one second is saved up');
});

t.test('an atomic batch that is larger than the bucket passes when the bucket is full, and is paid for', async (t) => {
  let now = 0;
  const rate = new SystemRate({ perSecond: 10 }, () => now);
  t.ok(rate.take('a', 30));
  now = 2_000;
  t.notOk(rate.take('a', 1));
  now = 2_200;
  t.ok(rate.take('a', 1));
});

t.test('the store is asked for a count at most every ten seconds', async (t) => {
  let now = 0;
  let stored = 5;
  let asked = 0;
  const usage = new SystemUsage(
    async () => {
      asked++;
      return stored;
    },
    () => now,
  );
  t.equal(usage.messages('a'), 0, 'not known yet');
  await new Promise(setImmediate);
  usage.add('a', 2);
  t.equal(usage.messages('a'), 7);
  stored = 6;
  now = 10_001;
  usage.messages('a');
  await new Promise(setImmediate);
  t.equal(usage.messages('a'), 6, 'what had expired is gone');
  t.equal(asked, 2);
});
