import t from 'tap';
import { LruMap } from './lru-map.js';

t.test('a full map evicts what was not used for longest, and never holds more than its bound', async (t) => {
  for (const max of [1, 2, 200]) {
    const map = new LruMap<number, string>(max);
    for (let key = 0; key < 3 * max; key++) {
      map.set(key, `value ${key}`);
      map.get(0);
    }
    const held = Array.from({ length: 3 * max }, (_none, key) => key).filter((key) => map.get(key) !== undefined);
    t.ok(held.length <= max && held.length > max * 0.9, `${held.length} of ${max}`);
    if (max > 1) t.equal(held[0], 0, 'the entry that was used all the time is there');
    t.equal(held.at(-1), 3 * max - 1, 'so is the newest');
  }
});

t.test('an entry that was deleted is gone, also when it was the one used last', async (t) => {
  const map = new LruMap<string, number>(2);
  map.set('a', 1);
  t.equal(map.get('a'), 1);
  map.delete('a');
  t.equal(map.get('a'), undefined);
  map.set('b', 2);
  map.clear();
  t.equal(map.get('b'), undefined);
});
