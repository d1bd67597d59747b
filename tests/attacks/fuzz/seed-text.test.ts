import t from 'tap';
import { SeededRandom } from '../../support/seeded-random.js';
import { type Change, SeedText } from './seed-text.js';

const document = { id: 'a', list: [1, { x: null }, []], data: { k: 'v', n: 2 } };
const seed = new SeedText(document);
const change = (member: number, how: Change['how'], put = '7'): Change => ({ member, how, put, times: 200 });
/** Members are numbered in the order in which they end. */
const [ID, DATA] = [0, 8];

t.test('a seed without changes is the JSON of its document', async (t) => {
  t.equal(seed.text, JSON.stringify(document));
  t.equal(seed.changed([]), seed.text);
});

t.test('each change is made at the member that it picks', async (t) => {
  const { list, data } = document;
  t.same(JSON.parse(seed.changed([change(ID, 'replace')])), { id: 7, list, data });
  t.same(JSON.parse(seed.changed([change(ID, 'remove')])), { list, data });
  t.same(JSON.parse(seed.changed([change(DATA, 'remove')])), { id: 'a', list });
  t.same(JSON.parse(seed.changed([change(ID, 'rename', '"b"')])), { b: 'a', list, data });
  t.same(JSON.parse(seed.changed([change(ID, 'add', '"c"')])), { id: 'a', c: 'c', list, data });
  t.equal(JSON.parse(seed.changed([change(ID, 'repeat')])).id.length, 200);
  t.match(seed.changed([change(ID, 'double')]), /^\{"id":"a","id":"a",/);
});

t.test('any changes but a doubled key leave JSON without a repeated key', async (t) => {
  const random = new SeededRandom(1);
  const hows = ['replace', 'remove', 'rename', 'repeat', 'add'] as const;
  for (let i = 0; i < 2_000; i++) {
    const changes = Array.from({ length: random.between(1, 4) }, () =>
      change(random.between(0, 20), random.pick(hows), random.pick(['7', '"b"', '{"id":1}'])),
    );
    const text = seed.changed(changes);
    t.equal(JSON.stringify(JSON.parse(text)), text) || t.fail(JSON.stringify(changes));
  }
});
