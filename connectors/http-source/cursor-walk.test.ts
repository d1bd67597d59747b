import t from 'tap';
import { CursorWalk } from './cursor-walk.js';

/** Steps until the walk notices that the cursors go round; undefined when it does not within `steps`. */
function noticedAfter(cursorAt: (step: number) => string, steps = 10_000): number | undefined {
  const walk = new CursorWalk();
  for (let step = 0; step < steps; step++) if (walk.isBackAt(cursorAt(step))) return step;
  return undefined;
}

t.test('a circle of cursors is noticed wherever it begins and however long it is', async (t) => {
  for (const before of [0, 1, 5, 100])
    for (const length of [2, 3, 10, 257]) {
      const cursorAt = (step: number) => (step < before ? `before-${step}` : `c-${(step - before) % length}`);
      const after = noticedAfter(cursorAt);
      t.ok(after !== undefined && after <= 3 * (before + length), `${before} + ${length}: after ${after}`);
    }
});

t.test('cursors that go on are no circle, and neither is a walk that begins again where one ended', async (t) => {
  t.equal(noticedAfter(String), undefined);
  const walk = new CursorWalk();
  for (let round = 0; round < 3; round++) {
    for (const cursor of ['a', 'b', 'c']) t.notOk(walk.isBackAt(cursor));
    walk.ended();
  }
});
