import t from 'tap';
import { isLoopContended } from '../../../proto/async/shared-turns.js';
import { TurnBudget } from './turn-budget.js';

t.test('a scrape that waits for its next turn holds up no commit', async (t) => {
  const waiting = new TurnBudget().nextTurn();
  t.notOk(isLoopContended());
  await waiting;
});

t.test('scrapes side by side do not do a piece each in the same turn', async (t) => {
  const SCRAPES = 60;
  let turns = 0;
  let isDone = false;
  const countTurn = (): void => {
    turns++;
    if (!isDone) setImmediate(countTurn);
  };
  setImmediate(countTurn);
  await Promise.all(
    Array.from({ length: SCRAPES }, async () => {
      const budget = await TurnBudget.inNewTurn();
      while (!budget.isUsedUp);
    }),
  );
  isDone = true;
  t.ok(turns >= 3, `${turns} turns`);
});
