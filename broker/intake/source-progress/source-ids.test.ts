import fc from 'fast-check';
import t from 'tap';
import { SourceIds } from './source-ids.js';

const SOURCES = ['ev.0.a.b.c', 'ev.0.a.b.d'];

t.test('a table of ids keeps what a map of maps would keep', async (t) => {
  const step = fc.record({
    source: fc.constantFrom(...SOURCES),
    id: fc.oneof(fc.nat(300).map(String), fc.string({ maxLength: 3 })),
    value: fc.option(fc.nat(), { nil: undefined }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 1_000 }), (steps) => {
      const [ids, known] = [new SourceIds<number>(), new Map<string, number>()];
      for (const { source, id, value } of steps) {
        if (value === undefined) {
          ids.delete(source, id);
          known.delete(`${source} ${id}`);
        } else {
          ids.set(source, id, value);
          known.set(`${source} ${id}`, value);
        }
      }
      const isSame = steps.every(({ source, id }) => ids.get(source, id) === known.get(`${source} ${id}`));
      return isSame && ids.size === known.size;
    }),
  );
  t.pass('for all steps');
});

t.test('of a hundred thousand ids that many sources have in common hardly any is forgotten', async (t) => {
  const ids = new SourceIds<number>();
  const source = (i: number): string => `ev.0.party.entry-${i % 500}.system`;
  const id = (i: number): string => `${Math.floor(i / 500)}`;
  for (let i = 0; i < 100_000; i++) ids.set(source(i), id(i), i);
  let known = 0;
  for (let i = 0; i < 100_000; i++) if (ids.get(source(i), id(i)) === i) known++;
  t.ok(known > 99_990, `${known}`);
});
