import t from 'tap';
import type { SourceEvent } from '../../../proto/event/event.js';
import { type EncodedBatch, encodeBatch } from './encoded-batch.js';
import { PublishBatch } from './publish-batch.js';

const batch = (type: string, count: number, text = ''): EncodedBatch =>
  encodeBatch({
    events: Array.from(
      { length: count },
      (_none, id) => ({ id: String(id), type, op: 'create', subject: text }) as SourceEvent,
    ),
    atomic: true,
    confirm: () => undefined,
  });

t.test('transactions of an entry are combined whole, up to the size of an atomic batch', async (t) => {
  const publishBatch = new PublishBatch();
  t.same(
    [batch('a', 400), batch('b', 10), batch('a', 500), batch('a', 200)].map((one) => publishBatch.add(one)),
    [true, true, true, false],
  );
  t.same(
    publishBatch.groups.map(({ entry, events, parts }) => [entry, events, parts.length]),
    [
      ['a', 900, 2],
      ['b', 10, 1],
    ],
  );
});

t.test('combined source batches stay within one frame', async (t) => {
  const publishBatch = new PublishBatch();
  t.ok(publishBatch.add(batch('a', 10, 'x'.repeat(60_000))));
  t.notOk(publishBatch.add(batch('a', 10, 'x'.repeat(60_000))));
});

t.test('a source batch larger than a group is published alone', async (t) => {
  const publishBatch = new PublishBatch();
  t.ok(publishBatch.add(batch('a', 1_500)));
  t.notOk(publishBatch.add(batch('a', 1)));
  const mixed = new PublishBatch();
  t.ok(mixed.add(batch('a', 1)));
  t.notOk(mixed.add(batch('a', 1_500)));
});

t.test('an empty source batch forms no group but is confirmed', async (t) => {
  const publishBatch = new PublishBatch();
  t.ok(publishBatch.add(batch('a', 0)));
  t.equal(publishBatch.sourceBatches.length, 1);
  t.same(publishBatch.groups, []);
});

t.test('a single event of an entry is not atomic', async (t) => {
  const two = { ...batch('a', 1) };
  t.equal(two.parts[0]?.atomic, false);
  t.equal(batch('a', 2).parts[0]?.atomic, true);
});
