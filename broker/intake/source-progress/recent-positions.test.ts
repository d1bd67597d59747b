import t from 'tap';
import { RecentPositions } from './recent-positions.js';

t.test('the last events are known by source, epoch and position', async (t) => {
  const recent = new RecentPositions();
  const [one, next, other] = [recent.seedOf('a', '1'), recent.seedOf('a', '2'), recent.seedOf('b', '1')];
  t.equal(recent.get(one, '7'), undefined);
  recent.add(one, '7', 70);
  recent.add(next, '7', 71);
  t.same([recent.get(one, '7'), recent.get(next, '7'), recent.get(other, '7')], [70, 71, undefined]);
  recent.clear();
  t.equal(recent.get(one, '7'), undefined);
});

t.test('of many events the newer ones are known, and none is taken for another', async (t) => {
  const recent = new RecentPositions();
  const seed = recent.seedOf('ev.0.a.b.s', 'slot');
  const name = (i: number): string => `${Math.floor(i / 1_000)}.${i % 1_000}.0`;
  for (let i = 1; i <= 200_000; i++) recent.add(seed, name(i), i);
  let [known, wrong] = [0, 0];
  for (let i = 1; i <= 200_000; i++) {
    const position = recent.get(seed, name(i));
    if (position === undefined) continue;
    if (position !== i) wrong++;
    if (i > 195_000) known++;
  }
  t.equal(wrong, 0);
  t.ok(known > 4_000, `${known} of the last 5,000 are known`);
  t.equal(recent.get(seed, '200.1.0'), undefined);
});
