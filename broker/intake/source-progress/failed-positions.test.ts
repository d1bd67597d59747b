import t from 'tap';
import { FAILED_POSITIONS_MAX, FailedPositions } from './failed-positions.js';

const failedAt = (...failures: [position: string, arrival: number][]): FailedPositions => {
  const made = new FailedPositions();
  for (const [position, arrival] of failures) made.add(position, arrival);
  return made;
};
const connection = {};
const another = {};
const at = (position: string, arrival: number, flow: object = connection) => ({ position, arrival, flow });

t.test('no event passes a failed position, except one that arrived before it', async (t) => {
  const failed = failedAt(['10', 100]);
  t.ok(failed.blocks(at('11', 101)));
  t.notOk(failed.blocks(at('10', 102)));
  t.notOk(failed.blocks(at('9', 103)));
  t.notOk(failed.blocks(at('11', 99)));
});

t.test('a source that goes back before the failed positions may number its events anew behind them', async (t) => {
  const failed = failedAt(['10', 100], ['11', 101], ['12', 102]);
  failed.seen(at('9', 103));
  t.notOk(failed.blocks(at('13', 104)));
});

t.test('events of an older connection stay blocked when another connection goes back', async (t) => {
  const failed = failedAt(['10', 100], ['11', 101]);
  failed.seen(at('10', 102));
  failed.processed('10');
  t.ok(failed.blocks(at('12', 103, another)));
  t.notOk(failed.blocks(at('12', 104)));
  t.notOk(failed.blocks(at('11', 105, another)), 'a connection that sends exactly the missing event is not blocked');
});

t.test('an event that was queued before the failure does not count as going back', async (t) => {
  const failed = failedAt(['10', 100]);
  failed.seen(at('9', 99));
  t.ok(failed.blocks(at('11', 101)));
});

t.test('a position that fails after the source went back still blocks', async (t) => {
  const failed = failedAt(['10', 100], ['11', 101]);
  failed.seen(at('10', 102));
  failed.add('11', 103);
  t.ok(failed.blocks(at('12', 104)), 'there was no capacity for 11');

  const again = failedAt(['10', 100], ['11', 101]);
  again.seen(at('10', 102));
  again.seen(at('11', 103));
  again.add('10', 102);
  again.add('11', 103);
  t.ok(again.blocks(at('12', 104)), 'the commit failed');
  again.seen(at('10', 105));
  t.notOk(again.blocks(at('12', 106)), 'the source went back once more');
});

t.test('a position that failed twice blocks events that were queued in between', async (t) => {
  t.ok(failedAt(['10', 100], ['10', 102]).blocks(at('11', 101)));
  t.ok(failedAt(['10', 200], ['10', 100]).blocks(at('11', 101)), 'whichever failure was noted first');
});

t.test('of several failed positions the first one that is not processed blocks', async (t) => {
  const failed = failedAt(['10', 100], ['11', 101], ['12', 102]);
  failed.processed('10');
  t.ok(failed.blocks(at('12', 103)));
  t.notOk(failed.blocks(at('11', 104)));
  failed.processed('12');
  t.notOk(failed.blocks(at('13', 105)));
});

t.test('of more failed positions than are kept the first ones and the last one are known', async (t) => {
  const failed = failedAt();
  const all = FAILED_POSITIONS_MAX + 100;
  for (let i = 1; i <= all; i++) failed.add(String(i), i);
  failed.processed(String(FAILED_POSITIONS_MAX / 2));
  t.ok(failed.blocks(at(String(FAILED_POSITIONS_MAX / 2 + 2), all + 1)));
  t.notOk(failed.blocks(at(String(FAILED_POSITIONS_MAX / 2 + 1), all + 1)));
  failed.processed(String(all - 1));
  t.ok(failed.blocks(at(String(all + 1), all + 2)));
});

t.test('the rewind that an event would cause is computed without taking effect', async (t) => {
  const failed = failedAt(['10', 100], ['11', 101]);
  const rewind = failed.rewindAfter(at('10', 102));
  t.notOk(failed.blocks(at('12', 103), rewind), 'not blocked if 10 were taken');
  t.ok(failed.blocks(at('12', 103)), 'but 10 was not');
});
