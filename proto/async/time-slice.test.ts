import t from 'tap';
import { TimeSlice } from './time-slice.js';

const busyFor = (ms: number): void => {
  for (const until = performance.now() + ms; performance.now() < until; );
};

t.test('work that uses up its slice lets everything else have its turn', async (t) => {
  const slice = new TimeSlice();
  let turns = 0;
  const count = (): void => {
    turns++;
    if (turns < 1_000) setImmediate(count);
  };
  setImmediate(count);
  await slice.each([1, 2, 3], () => busyFor(25));
  t.ok(turns >= 3, `${turns} turns came between three pieces of work`);
});

t.test('work within its slice goes on without a pause', async (t) => {
  const order: string[] = [];
  setImmediate(() => order.push('another turn'));
  await new TimeSlice().each(['a', 'b', 'c'], (one) => order.push(one));
  t.same(order, ['a', 'b', 'c']);
});

t.test('pieces of work that are asynchronous run one after the other', async (t) => {
  const order: number[] = [];
  await new TimeSlice().each([1, 2, 3], async (one) => {
    await Promise.resolve();
    order.push(one);
  });
  t.same(order, [1, 2, 3]);
});
