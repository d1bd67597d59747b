import { setImmediate as nextTurn } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { hasTurnTime, inTurnTime, TurnQueue } from './turn-queue.js';

const busyFor = (ms: number): void => {
  for (const until = performance.now() + ms; performance.now() < until; );
};

t.test('what comes in at once is handled in order, over as many turns of the event loop as it takes', async (t) => {
  for (const [count, ms] of [
    [30, 4],
    [1_000, 0],
  ] as const) {
    const handled: number[] = [];
    const waiting: boolean[] = [];
    let turns = 0;
    let timer = setImmediate(function count() {
      turns++;
      timer = setImmediate(count);
    });
    const queue = new TurnQueue<number>(
      (item) => {
        busyFor(ms);
        handled.push(item);
      },
      (isWaiting) => waiting.push(isWaiting),
    );
    await nextTurn();
    const items = Array.from({ length: count }, (_none, number) => number);
    for (const item of items) queue.take(item);
    const atOnce = handled.length;
    await queue.drained;
    clearImmediate(timer);
    t.ok(atOnce <= 64, `${atOnce} of ${count} in the turn in which they came`);
    t.same(handled, items);
    t.same(waiting, [true, false]);
    t.ok(turns > 1, `${turns} turns`);
  }
});

t.test('one item in a turn is handled at once', async (t) => {
  const handled: number[] = [];
  const queue = new TurnQueue<number>(
    (item) => handled.push(item),
    () => t.fail('nothing waits'),
  );
  for (let item = 0; item < 10; item++) {
    await nextTurn();
    queue.take(item);
    t.equal(handled.length, item + 1);
  }
});

t.test('items of many queues are handled in their turn, whatever else the turn takes', async (t) => {
  let handled = 0;
  await nextTurn();
  for (let queue = 0; queue < 60; queue++) {
    const one = new TurnQueue<number>(
      () => handled++,
      () => t.fail('nothing waits'),
    );
    one.take(queue);
    if (queue % 10 === 0) busyFor(4);
  }
  t.equal(handled, 60);
});

t.test('all queues together handle some milliseconds of items in a turn', async (t) => {
  let [handled, waiting] = [0, 0];
  const handle = (): void => {
    busyFor(4);
    handled++;
  };
  await nextTurn();
  const queues = Array.from(
    { length: 10 },
    () => new TurnQueue<number>(handle, (isWaiting) => (waiting += Number(isWaiting))),
  );
  for (const queue of queues) queue.take(0);
  t.ok(handled <= 3, `${handled} of 10 in the turn in which they came`);
  t.equal(waiting, 10 - handled);
  await Promise.all(queues.map((queue) => queue.drained));
  t.equal(handled, 10);
});

/** A clock that only the test moves on: on a busy machine work of 7 ms can take 10. Real again when the test ends. */
function standingClock(t: Test): (ms: number) => void {
  const { now } = performance;
  let atMs = performance.now();
  performance.now = () => atMs;
  t.teardown(() => {
    performance.now = now;
  });
  return (ms) => {
    atMs += ms;
  };
}

t.test('the time of work counts toward the turn, that of the items within it once', async (t) => {
  const busyFor = standingClock(t);
  const queue = new TurnQueue<number>(busyFor, () => t.fail('nothing waits'));
  await nextTurn();
  inTurnTime(() => queue.take(7));
  t.ok(hasTurnTime(), '7 of 10 ms are used, not 14');
  inTurnTime(() => busyFor(5));
  t.notOk(hasTurnTime());
  await nextTurn();
  t.ok(hasTurnTime(), 'the next turn has its own');
});
