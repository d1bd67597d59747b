import t from 'tap';
import { SharedTurns } from './shared-turns.js';

/** Counts the turns of the event loop until it is stopped. */
function countTurns(): { turn: number; stop(): void } {
  const counted = { turn: 0, stop: () => clearImmediate(immediate) };
  const count = (): void => {
    counted.turn++;
    immediate = setImmediate(count);
  };
  let immediate = setImmediate(count);
  return counted;
}

t.test('many that work long share the event loop: few of them are resumed in one turn', async (t) => {
  let nowMs = 0;
  const turns = new SharedTurns(() => nowMs);
  const loop = countTurns();
  const workedIn: number[] = [];
  const order: number[] = [];
  await Promise.all(
    Array.from({ length: 50 }, async (_, i) => {
      await turns.next();
      nowMs += 4;
      workedIn.push(loop.turn);
      order.push(i);
    }),
  );
  loop.stop();
  const perTurn = workedIn.map((turn) => workedIn.filter((other) => other === turn).length);
  t.equal(Math.max(...perTurn), 3, 'as many as fit into 10 ms');
  t.same(
    order,
    [...order].sort((a, b) => a - b),
    'in the order in which they asked',
  );
});

t.test('work that takes no time is resumed many to a turn, and none is forgotten', async (t) => {
  const turns = new SharedTurns(() => 0);
  const loop = countTurns();
  await Promise.all(
    Array.from({ length: 320 }, async () => {
      for (let i = 0; i < 3; i++) await turns.next();
    }),
  );
  loop.stop();
  t.ok(loop.turn >= 25 && loop.turn <= 40, `${loop.turn} turns for 960 resumptions`);
});
