import { setImmediate as turn } from 'node:timers/promises';
import t from 'tap';
import { OrderedResults } from './ordered-results.js';

t.test('answers come in order, whichever is ready first', async (t) => {
  const answers = new OrderedResults<string>(100);
  let finishFirst = (_: string): void => {};
  void answers.add(new Promise((resolve) => (finishFirst = resolve)), 1);
  void answers.add(Promise.resolve('second'), 1);
  answers.complete();
  const read = (async () => {
    const seen: string[] = [];
    for await (const answer of answers.inOrder()) seen.push(answer);
    return seen;
  })();
  await turn();
  finishFirst('first');
  t.same(await read, ['first', 'second']);
});

t.test('who adds waits while too much is open, and goes on when the reader has taken some', async (t) => {
  const answers = new OrderedResults<number>(2);
  let added = 0;
  const writer = (async () => {
    for (let i = 0; i < 10; i++) {
      await answers.add(Promise.resolve(i), 1);
      added++;
    }
    answers.complete();
  })();
  await turn();
  t.equal(added, 2, 'the third is in, its writer waits');
  const seen: number[] = [];
  for await (const answer of answers.inOrder()) seen.push(answer);
  await writer;
  t.same(seen, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

t.test('a reader that leaves lets the writer go', async (t) => {
  const answers = new OrderedResults<number>(1);
  const writer = (async () => {
    for (let i = 0; i < 10; i++) await answers.add(Promise.resolve(i), 1);
  })();
  for await (const _ of answers.inOrder()) break;
  await writer;
  t.pass('it came to its end');
});
