import t from 'tap';
import { eventually } from '../../tests/support/condition.js';
import { atTicks } from './shared-ticks.js';

const WAIT_MS = 30_000;

t.test('looks of several intervals are called in the same turn, each as often as it asked', async (t) => {
  let turn = 0;
  const turns: Record<'fast' | 'slow' | 'other', number[]> = { fast: [], slow: [], other: [] };
  const note = (name: keyof typeof turns) => () => {
    // Promises of one turn run before the next one begins.
    if (turns[name].length === 0 || turns[name].at(-1) !== turn) turns[name].push(turn);
    setImmediate(() => turn++);
  };
  const ends = [atTicks(500, note('fast')), atTicks(1_000, note('slow')), atTicks(1_000, note('other'))];
  await eventually(() => turns.slow.length >= 3, 'three slow looks', WAIT_MS);
  for (const end of ends) end();
  t.strictSame(turns.other, turns.slow, 'equal intervals share their turns');
  t.ok(
    turns.slow.every((one) => turns.fast.includes(one)),
    'the slow ones share those of the fast one',
  );
  t.ok(
    Math.abs(turns.fast.length - 2 * turns.slow.length) <= 1,
    `${turns.fast.length} fast, ${turns.slow.length} slow`,
  );
});

t.test('a look that was ended is not called again, and the next one is called', async (t) => {
  let calls = 0;
  const end = atTicks(500, () => calls++);
  await eventually(() => calls >= 1, 'one call', WAIT_MS);
  end();
  const before = calls;
  let others = 0;
  const endOther = atTicks(500, () => others++);
  await eventually(() => others >= 2, 'two calls of another', WAIT_MS);
  endOther();
  t.equal(calls, before);
});
