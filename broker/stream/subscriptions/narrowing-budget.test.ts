import t from 'tap';
import { NarrowingBudget, SESSION_VALUES_MAX } from './narrowing-budget.js';

t.test('the narrowings of one session are bounded together, and given back when a subscription ends', async (t) => {
  const budget = new NarrowingBudget();
  budget.take('a', SESSION_VALUES_MAX - 1);
  t.throws(() => budget.take('a', 2), { code: 'TOO_MANY' });
  budget.take('b', 2);
  budget.take('a', 1);
  budget.release('a', SESSION_VALUES_MAX - 1);
  budget.take('a', SESSION_VALUES_MAX - 1);
  t.throws(() => budget.take('a', 1), { code: 'TOO_MANY' });
});
