import t from 'tap';
import { RECENT_IDS_MAX, RecentIds } from './recent-ids.js';

const SOURCE = 'ev.0.a.b.c';

t.test('an event id is known for one to two minutes', async (t) => {
  let now = 0;
  const recent = new RecentIds(() => now);
  recent.add(SOURCE, 'a', 7);
  now = 60_000;
  recent.add(SOURCE, 'b', 8);
  t.same([recent.get(SOURCE, 'a'), recent.get(SOURCE, 'b'), recent.get(SOURCE, 'c')], [7, 8, undefined]);
  now = 120_001;
  t.same([recent.get(SOURCE, 'a'), recent.get(SOURCE, 'b')], [undefined, 8]);
});

t.test('the same event id of another source is another event', async (t) => {
  const recent = new RecentIds(() => 0);
  recent.add(SOURCE, 'a', 7);
  t.equal(recent.get('ev.0.a.b.d', 'a'), undefined);
  recent.add('ev.0.a.b.d', 'a', 9);
  recent.delete(SOURCE, 'a');
  t.same([recent.get(SOURCE, 'a'), recent.get('ev.0.a.b.d', 'a')], [undefined, 9]);
});

t.test('the number of ids is bounded over all sources, and the newest are kept', async (t) => {
  const recent = new RecentIds(() => 0);
  const source = (i: number): string => `ev.0.a.b.c${i % 7}`;
  for (let i = 0; i < RECENT_IDS_MAX * 2; i++) recent.add(source(i), `id-${i}`, i);
  let known = 0;
  for (let i = 0; i < RECENT_IDS_MAX * 2; i++) if (recent.get(source(i), `id-${i}`) !== undefined) known++;
  t.ok(known <= RECENT_IDS_MAX && known >= RECENT_IDS_MAX / 2, `${known} are known`);
  const last = RECENT_IDS_MAX * 2 - 1;
  t.equal(recent.get(source(last), `id-${last}`), last);
  recent.clear();
  t.equal(recent.get(source(last), `id-${last}`), undefined);
});
