import t from 'tap';
import { RECENT_IDS_MAX, RecentIds } from './recent-ids.js';

const SOURCE = 'ev.0.a.b.c';

t.test('an event id is known for as long as JetStream knows it, and for three minutes at most', async (t) => {
  let now = 0;
  const recent = new RecentIds(() => now);
  recent.add(SOURCE, 'first', 7);
  now = 59_999;
  recent.add(SOURCE, 'last of its minute', 8);
  for (now of [60_000, 120_000]) recent.add(SOURCE, `${now}`, 9);
  const known = (): unknown[] => ['first', 'last of its minute', 'other'].map((id) => recent.get(SOURCE, id));
  now = 179_999;
  t.same(known(), [7, 8, undefined]);
  now = 180_001;
  t.same(known(), [undefined, undefined, undefined]);
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
  t.ok(known <= RECENT_IDS_MAX && known >= (RECENT_IDS_MAX * 2) / 3 - 2, `${known} are known`);
  const last = RECENT_IDS_MAX * 2 - 1;
  t.equal(recent.get(source(last), `id-${last}`), last);
  recent.clear();
  t.equal(recent.get(source(last), `id-${last}`), undefined);
});
