import t from 'tap';
import type { SourceEvent } from '../../proto/event/event.js';
import type { ChangeBatch } from '../runtime/source/source.js';
import { BatchCombiner } from './batch-combiner.js';

t.test('the combiner joins batches in order up to its bound, except atomic ones', async (t) => {
  const confirmed: number[] = [];
  const batch = (number: number, count: number, atomic = false): ChangeBatch => ({
    events: Array.from({ length: count }, (_none, i) => ({ id: `${number}.${i}` }) as SourceEvent),
    atomic,
    confirm: () => void confirmed.push(number),
  });
  const run = new BatchCombiner();
  t.equal(run.take(), undefined);
  t.ok(run.add(batch(1, 1)));
  t.ok(run.add(batch(2, 0)));
  t.ok(run.add(batch(3, 1)));
  t.notOk(run.add(batch(4, 2, true)));
  t.notOk(run.add(batch(4, 1_000)));
  const joined = run.take()!;
  t.same(
    joined.events.map(({ id }) => id),
    ['1.0', '3.0'],
  );
  t.notOk(joined.atomic);
  t.same(confirmed, []);
  await joined.confirm();
  t.same(confirmed, [1, 2, 3]);
  t.equal(run.take(), undefined);
});
