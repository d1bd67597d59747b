import t from 'tap';
import type { SourceEvent } from '../proto/event.js';
import { groupByEntry } from './entry-group.js';
import type { ChangeBatch } from './source.js';

const batch = (type: string, count: number, together = true): ChangeBatch => ({
  events: Array.from({ length: count }, (_none, id) => ({ id: String(id), type, op: 'create' }) as SourceEvent),
  together,
  confirm: () => undefined,
});

t.test('whole transactions of an entry are put together up to what an atomic batch holds', async (t) => {
  const { batches, groups } = groupByEntry([batch('a', 400), batch('b', 10), batch('a', 500), batch('a', 200)]);
  t.equal(batches.length, 3, 'the fourth does not fit');
  t.same(
    groups.map(({ events, parts }) => [events, parts.length]),
    [
      [900, 2],
      [10, 1],
    ],
  );
});

t.test('one that is too large for a group goes alone, and nothing overtakes it', async (t) => {
  t.equal(groupByEntry([batch('a', 1_500, false), batch('a', 1)]).batches.length, 1);
  const mixed = groupByEntry([batch('a', 1), batch('a', 1_500, false), batch('b', 1)]);
  t.equal(mixed.batches.length, 1);
});

t.test('a batch without events only moves the confirmation on', async (t) => {
  const { batches, groups } = groupByEntry([batch('a', 0), batch('a', 0)]);
  t.equal(batches.length, 2);
  t.same(groups, []);
});
