import t from 'tap';
import { RECENT_IDS_MAX, RecentIds } from './recent-ids.js';

t.test('an id is known for a while and never longer than two minutes', async (t) => {
  let now = 0;
  const recent = new RecentIds(() => now);
  recent.add('a', 7);
  now = 60_000;
  recent.add('b', 8);
  t.same([recent.get('a'), recent.get('b'), recent.get('c')], [7, 8, undefined]);
  now = 120_001;
  t.same([recent.get('a'), recent.get('b')], [undefined, 8]);
});

t.test('the number of ids is bounded, the newest are kept', async (t) => {
  const recent = new RecentIds(() => 0);
  for (let i = 0; i < RECENT_IDS_MAX * 2; i++) recent.add(`id-${i}`, i);
  let known = 0;
  for (let i = 0; i < RECENT_IDS_MAX * 2; i++) if (recent.get(`id-${i}`) !== undefined) known++;
  t.ok(known <= RECENT_IDS_MAX && known > RECENT_IDS_MAX / 2, `${known} are known`);
  t.equal(recent.get(`id-${RECENT_IDS_MAX * 2 - 1}`), RECENT_IDS_MAX * 2 - 1);
  recent.clear();
  t.equal(recent.get(`id-${RECENT_IDS_MAX * 2 - 1}`), undefined);
});
