import t from 'tap';
import { AnswerBudget } from './answer-budget.js';

const MEBIBYTE = 1024 * 1024;

t.test('pages that are not taken are bounded for one system and for all', async (t) => {
  const budget = new AnswerBudget();
  const hold = async (system: string) => {
    const page = await budget.reserve(system, 4 * MEBIBYTE);
    page.built();
    return page;
  };
  const own = await Promise.all(Array.from({ length: 4 }, () => hold('a')));
  await t.rejects(hold('a'), { code: 'TOO_MANY' });
  for (let i = 0; i < 4; i++) await hold(`b${i % 2}`);
  await t.rejects(hold('c'), { code: 'TOO_MANY' }, 'the budget of all is used up');
  own[0]?.release();
  own[0]?.release();
  await hold('c');
  await t.rejects(hold('c'), { code: 'TOO_MANY' });
});

t.test('a page counts with its own size once it is read, so that small ones do not keep others out', async (t) => {
  const budget = new AnswerBudget();
  for (let i = 0; i < 100; i++) {
    const page = await budget.reserve('a', 4 * MEBIBYTE);
    page.built();
    page.holds(0.1 * MEBIBYTE);
  }
  t.pass('a hundred small pages are held');
});

t.test('pages are read a few at a time, in the order in which they were asked for', async (t) => {
  const budget = new AnswerBudget();
  const first = await Promise.all(Array.from({ length: 4 }, (_, i) => budget.reserve(`s${i}`, 4 * MEBIBYTE)));
  const order: number[] = [];
  const waiting = [1, 2].map((n) => budget.reserve('late', 4 * MEBIBYTE).then(() => order.push(n)));
  await new Promise((resolve) => setImmediate(resolve));
  t.same(order, []);
  first[0]?.built();
  await waiting[0];
  t.same(order, [1]);
  first[1]?.release();
  await waiting[1];
  t.same(order, [1, 2]);
});

t.test('an answer whose reader has gone before it was made counts as nothing', async (t) => {
  const budget = new AnswerBudget();
  for (let i = 0; i < 100; i++) {
    const answer = await budget.reserve('a', 4 * MEBIBYTE);
    answer.release();
    answer.built();
    answer.holds(4 * MEBIBYTE);
  }
  t.ok(await budget.reserve('a', 4 * MEBIBYTE), 'the caller gets the next one');
});
