import t from 'tap';
import { emptyStore } from '../../../tests/support/broker/ledger.js';
import { SenderLease } from './sender-lease.js';

t.test('one of two brokers holds the lease, and the other takes over only when it was not kept', async (t) => {
  const bus = await emptyStore(t);
  let nowMs = 0;
  const [first, second] = [new SenderLease(bus, () => nowMs), new SenderLease(bus, () => nowMs)];
  t.same([await first.keep(), await second.keep()], [true, false]);
  nowMs = 14_999;
  t.same([first.isHeld, await second.keep()], [true, false]);
  t.ok(await first.keep(), 'kept');
  nowMs = 29_000;
  t.notOk(await second.keep(), 'the record has changed since it was seen');
  nowMs = 30_000;
  t.notOk(first.isHeld, 'a holder that did not write sends no more');
  nowMs = 49_000;
  t.ok(await second.keep(), 'before another one takes over');
  t.notOk(await first.keep());
  await second.release();
  t.ok(await first.keep(), 'one that was released is free at once');
  nowMs += 16_000;
  await second.keep();
  nowMs += 20_000;
  t.same([await second.keep(), await first.keep()], [true, false]);
});
