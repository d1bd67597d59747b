import t from 'tap';
import { NarrowingRecords } from './narrowing-records.js';
import type { ReceiptAct } from './receipt-chain.js';
import type { ReceiptOpening } from './receipt-record.js';

const opening = (narrow: ReceiptOpening['narrow'], grant = 'g') =>
  ({ party: 'p', grant, system: 's', narrow }) as ReceiptOpening;
const long = (value: string) => ({ district: { in: Array.from({ length: 50 }, (_none, i) => `${value}-${i}`) } });

t.test('a long narrowing is recorded once for each grant, ahead of the receipt, and counted then', async (t) => {
  const records: ReceiptAct[] = [];
  let taken = 0;
  const append = async (_party: string, _grant: string, act: ReceiptAct) => void records.push(act);
  const narrowings = new NarrowingRecords({ append }, (_system, bytes) => {
    taken += bytes;
  });
  const short = { district: { is: 'd1' } };
  t.same(narrowings.of(opening(short)), { narrow: short }, 'a short one stays in its receipt');
  t.equal(records.length, 0);
  const first = narrowings.of(opening(long('a')));
  t.match(first, { narrowing: /^[0-9a-f]{64}$/ });
  t.match(records, [{ act: 'narrowing', ...first, narrow: long('a') }]);
  t.equal(taken, JSON.stringify(long('a')).length);
  for (let i = 0; i < 100; i++) t.same(narrowings.of(opening(long('a'))), first);
  t.equal(records.length, 1);
  t.notSame(narrowings.of(opening(long('b'))), first);
  t.same(narrowings.of(opening(long('a'), 'another')), first);
  t.equal(records.length, 3, 'the receipts of a grant are read by themselves');
});

t.test('a narrowing beyond the quota is refused and not recorded', async (t) => {
  const append = async (): Promise<void> => void t.fail('nothing is recorded');
  const narrowings = new NarrowingRecords({ append }, () => {
    throw new Error('too many');
  });
  for (let i = 0; i < 2; i++) t.throws(() => narrowings.of(opening(long('a'))), { message: 'too many' });
});
