import fc from 'fast-check';
import t from 'tap';
import { numberItems } from './item-numbers.js';

const name = fc.integer({ min: 0, max: 40 }).map((i) => `item${i}`);
const version = fc.uniqueArray(name, { minLength: 1, maxLength: 15 });

t.test('over any history of versions an item number belongs to one name', async () => {
  fc.assert(
    fc.property(fc.array(version, { minLength: 1, maxLength: 12 }), (versions) => {
      let numbers: Record<string, number> = {};
      const meaning = new Map<number, string>();
      for (const names of versions) {
        numbers = numberItems(names, numbers);
        for (const [name, number] of Object.entries(numbers)) {
          if ((meaning.get(number) ?? name) !== name) return false;
          meaning.set(number, name);
        }
        if (!names.every((name) => Number.isInteger(numbers[name]))) return false;
      }
      return true;
    }),
  );
});

t.test(
  'item numbers follow the order of the items, and new items continue after the highest number ever assigned',
  async (t) => {
    const first = numberItems(['b', 'a'], {});
    t.same(first, { b: 1, a: 2 });
    const second = numberItems(['c', 'b'], first);
    t.same(second, { b: 1, a: 2, c: 3 }, 'the number of a dropped item stays taken');
    t.same(numberItems(['a'], second), second, 'an item that comes back gets its number back');
  },
);

t.test('item numbers skip the range that protobuf reserves', async (t) => {
  t.same(numberItems(['x', 'y'], { a: 18_998 }), { a: 18_998, x: 18_999, y: 20_000 });
});
