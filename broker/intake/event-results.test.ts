import t from 'tap';
import { EventResults } from './event-results.js';

t.test('the results of a call resolve when the last one has come, in the order of the events', async (t) => {
  const answers = new EventResults(3);
  let isComplete = false;
  void answers.all.then(() => (isComplete = true));
  answers.set(2, { id: 'c', position: 3 });
  answers.set(0, { id: 'a', position: 1 });
  await new Promise(setImmediate);
  t.notOk(isComplete);
  answers.set(1, { id: 'b', position: 2 });
  t.same(
    (await answers.all).map(({ id }) => id),
    ['a', 'b', 'c'],
  );
});

t.test('the results of a call without events resolve at once', async (t) => {
  t.same(await new EventResults(0).all, []);
});
