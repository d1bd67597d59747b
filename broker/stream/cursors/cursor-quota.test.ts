import t from 'tap';
import { CursorQuota } from './cursor-quota.js';

const MINUTE_MS = 60_000;

/** The system has two grants with so many cursors each, and so many records of removed ones beside them. */
function quotaOf(max: number, storedOf: () => number, removed = 0) {
  const clock = { ms: 0, counts: 0, reads: 0 };
  const quota = new CursorQuota({
    max,
    systemOf: (grant) => (grant === 'g-unknown' ? undefined : 'reader'),
    grantsOf: () => ['g1', 'g2'],
    records: async () => {
      clock.reads++;
      return new Map(['g1', 'g2', 'of another'].map((grant) => [grant, storedOf() + removed]));
    },
    count: async () => {
      clock.counts++;
      return storedOf();
    },
    clockMs: () => clock.ms,
  });
  return { quota, clock };
}

t.test('cursors that are still being written count, and those whose write fails do not', async (t) => {
  const { quota, clock } = quotaOf(3, () => 1);
  let fail = (_error: Error): void => undefined;
  const written = new Promise<void>((_resolve, reject) => {
    fail = reject;
  });
  const first = quota.create('g1', () => written);
  await t.rejects(
    quota.create('g2', async () => undefined),
    { code: 'TOO_MANY', message: /3 cursors.*quotas\.cursors/ },
  );
  fail(new Error('the store is full'));
  await t.rejects(first, /store is full/);
  await quota.create('g2', async () => undefined);
  await t.rejects(
    quota.create('g2', async () => undefined),
    { code: 'TOO_MANY' },
  );
  t.equal(clock.counts, 2, 'simultaneous calls share one count of each grant');
});

t.test('what other processes create and remove is noticed when the count is a minute old', async (t) => {
  let stored = 1;
  const { quota, clock } = quotaOf(2, () => stored);
  await t.rejects(
    quota.create('g1', async () => undefined),
    { code: 'TOO_MANY' },
  );
  stored = 0;
  await t.rejects(
    quota.create('g1', async () => undefined),
    { code: 'TOO_MANY' },
  );
  clock.ms = MINUTE_MS + 1;
  t.equal(await quota.create('g1', async () => 'written'), 'written');
});

t.test('the cursors of a system are counted only when the records of all might refuse it', async (t) => {
  const { quota, clock } = quotaOf(6, () => 1, 1);
  for (const grant of ['g1', 'g2']) t.equal(await quota.create(grant, async () => 'written'), 'written');
  t.strictSame(clock, { ms: 0, counts: 0, reads: 1 }, 'four records and two new cursors are at most six');
  t.equal(await quota.create('g1', async () => 'written'), 'written', 'two of the records are of removed cursors');
  t.strictSame(clock, { ms: 0, counts: 2, reads: 1 });
});

t.test('a grant without cursors is presumed to have none, once, and none of which a claim was heard', async (t) => {
  const { quota, clock } = quotaOf(6, () => 1);
  t.notOk(quota.presumesNone('new'), 'nothing was read yet');
  const created = quota.create('g1', async () => undefined);
  quota.mayHave('heard while the records are read');
  await created;
  quota.mayHave('heard later');
  t.same(
    ['heard while the records are read', 'heard later', 'of another', 'new', 'new'].map((grant) =>
      quota.presumesNone(grant),
    ),
    [false, false, false, true, false],
  );
  clock.ms = MINUTE_MS + 1;
  t.notOk(quota.presumesNone('newer'), 'too long ago');
});
