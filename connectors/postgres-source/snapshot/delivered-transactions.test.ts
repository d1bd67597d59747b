import t from 'tap';
import { DeliveredTransactions, invisibleIn } from './delivered-transactions.js';

t.test('a transaction is invisible while it is in progress and when it began after the snapshot', async (t) => {
  t.same([...invisibleIn('90:100:90,95', new Set([89, 90, 94, 95, 99, 100, 101]))], [90, 95, 100, 101]);
  t.same([...invisibleIn('100:100:', new Set([99]))], []);
});

t.test('ids of the stream have wrapped around and those of the snapshot have not', async (t) => {
  const snapshot = `${2 ** 32 - 2}:${2 ** 32 + 5}:${2 ** 32 - 2},${2 ** 32 + 3}`;
  t.same([...invisibleIn(snapshot, new Set([2 ** 32 - 2, 2 ** 32 - 1, 2, 3, 5]))], [2 ** 32 - 2, 3, 5]);
});

t.test('each transaction is returned once, and of very many the latest', async (t) => {
  const delivered = new DeliveredTransactions();
  for (let xid = 1; xid <= 10_003; xid++) delivered.add(xid);
  const taken = delivered.take();
  t.equal(taken.size, 10_000);
  t.notOk(taken.has(3));
  t.ok(taken.has(4));
  t.equal(delivered.take().size, 0);
});
