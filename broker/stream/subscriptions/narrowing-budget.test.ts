import t from 'tap';
import { NarrowingBudget, SESSION_VALUES_MAX } from './narrowing-budget.js';

const listing = (values: number, length = 1) => ({ district: { in: Array(values).fill('x'.repeat(length)) } });

t.test('the narrowings of one session are bounded together, and given back when a subscription ends', async (t) => {
  const budget = new NarrowingBudget();
  const [a, b] = ['a', 'b'].map((session) => ({ session, system: 's' }));
  const release = budget.take(a!, listing(SESSION_VALUES_MAX - 1));
  t.throws(() => budget.take(a!, listing(2)), { code: 'TOO_MANY' });
  budget.take(b!, listing(2));
  budget.take(a!, listing(1));
  release();
  budget.take(a!, listing(SESSION_VALUES_MAX - 1));
  t.throws(() => budget.take(a!, listing(1)), { code: 'TOO_MANY' });
});

t.test('the narrowings of all sessions of a system are bounded together, and those of all systems', async (t) => {
  const budget = new NarrowingBudget();
  const fill = (system: string): (() => void)[] => {
    const releases: (() => void)[] = [];
    t.throws(
      () => {
        for (let i = 0; i < 1_000; i++)
          releases.push(budget.take({ session: `${system}${i}`, system }, listing(10_000)));
      },
      { code: 'TOO_MANY' },
      `the sessions of ${system}`,
    );
    return releases;
  };
  const own = fill('a');
  t.ok(own.length > 10 && own.length < 30, `${own.length} narrowings of one system`);
  const others = fill('b');
  t.ok(others.length >= own.length - 1, `${others.length} of another one`);
  budget.take({ session: 'c', system: 'c' }, listing(100));
  t.throws(() => budget.take({ session: 'c', system: 'c' }, listing(10_000)), { code: 'TOO_MANY' }, 'no room is left');
  for (const release of own) release();
  budget.take({ session: 'c', system: 'c' }, listing(10_000));
});

t.test('a value counts with its length, in a list or alone', async (t) => {
  const long = 'x'.repeat(500_000);
  for (const narrow of [{ district: { in: [long] } }, { district: { is: long } }]) {
    const budget = new NarrowingBudget();
    t.throws(
      () => {
        for (let i = 0; i < 60; i++) budget.take({ session: `s${i}`, system: 'a' }, narrow);
      },
      { code: 'TOO_MANY' },
    );
  }
});

t.test('a single narrowing has a bound of its own', async (t) => {
  const budget = new NarrowingBudget();
  const own = { session: 's', system: 'a' };
  t.throws(() => budget.take(own, { district: { is: 'x'.repeat(600_000) } }), { code: 'TOO_LARGE' });
  budget.take(own, listing(10_000, 40));
});
