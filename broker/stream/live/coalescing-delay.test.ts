import t from 'tap';
import { CoalescingDelay } from './coalescing-delay.js';

/** A delay on a clock that only flushes move; the function flushes once, in slices, and resolves with the time it was delayed. */
function flusherAt(utilization: () => number, aboveUtilization = 0.5) {
  let nowMs = 0;
  let slice: () => boolean;
  const delay = new CoalescingDelay({ flush: () => slice(), aboveUtilization, nowMs: () => nowMs, utilization });
  return (...slicesMs: number[]): Promise<number> => {
    const askedAt = performance.now();
    return new Promise((resolve) => {
      slice = () => {
        nowMs += slicesMs.shift() ?? 0;
        if (slicesMs.length > 0) return false;
        resolve(performance.now() - askedAt);
        return true;
      };
      delay.schedule();
    });
  };
}

t.test('cheap flushes run within their turn, without a delay, however busy the core is', async (t) => {
  const flush = flusherAt(() => 1);
  const order: string[] = [];
  for (let i = 0; i < 3; i++) {
    const flushed = flush(0.5).then(() => order.push('flushed'));
    await new Promise((resolve) => setImmediate(resolve));
    await flushed;
    order.push('turn');
  }
  t.same(order, ['flushed', 'turn', 'flushed', 'turn', 'flushed', 'turn']);
});

t.test('on a busy core the delay grows with the square of the flush time, up to its bound', async (t) => {
  const flush = flusherAt(() => 1);
  await flush(2);
  const afterTwo = await flush(4);
  t.ok(afterTwo >= 7, `a flush of 2 ms is followed by a delay of 8 ms: ${afterTwo}`);
  const afterFour = await flush(1000);
  t.ok(afterFour >= 31, `a flush of 4 ms is followed by a delay of 32 ms: ${afterFour}`);
  const waited = await flush(0);
  t.ok(waited >= 49 && waited < 500, `a flush of a second is followed by a delay of 50 ms: ${waited}`);
});

t.test('on a core with time to spare even dear flushes are followed by no delay', async (t) => {
  let order = '';
  const flush = flusherAt(() => 0.5);
  await flush(1000);
  const flushed = flush(1000).then(() => {
    order += 'flushed ';
  });
  await new Promise((resolve) => setImmediate(resolve));
  await flushed;
  order += 'turn';
  t.equal(order, 'flushed turn');
});

t.test('between idle and busy the delay grows with the utilisation of the core', async (t) => {
  const flush = flusherAt(() => 0.725);
  await flush(1000);
  const waited = await flush(0);
  t.ok(waited >= 24, `half of the headroom is used, so half of 50 ms: ${waited}`);
});

t.test('with a limit of 0 frames are delayed on an idle core too', async (t) => {
  const flush = flusherAt(() => 0, 0);
  await flush(1000);
  t.ok((await flush(0)) >= 49);
});

t.test('a flush without a delay goes before everything that the turn of the event loop has left', async (t) => {
  const flush = flusherAt(() => 0);
  const order: string[] = [];
  const ended = new Promise((resolve) => setImmediate(resolve)).then(() => order.push('turn'));
  const flushed = flush(0).then(() => order.push('flushed'));
  queueMicrotask(() => order.push('dispatched'));
  await Promise.all([flushed, ended]);
  t.same(order, ['dispatched', 'flushed', 'turn']);
});

t.test('a flush in slices lets the turn of the event loop end between them, and counts as a whole', async (t) => {
  const flush = flusherAt(() => 1);
  let turns = 0;
  const count = (): void => {
    turns++;
    immediate = setImmediate(count);
  };
  let immediate = setImmediate(count);
  await flush(1, 1, 2);
  clearImmediate(immediate);
  t.ok(turns >= 2, `${turns} turns between three slices`);
  const waited = await flush(0);
  t.ok(waited >= 31, `a flush of 4 ms is followed by a delay of 32 ms: ${waited}`);
});

t.test('what becomes pending within a flush has one of its own, after the delay', async (t) => {
  const flushedAt: number[] = [];
  await new Promise<void>((resolve) => {
    const delay: CoalescingDelay = new CoalescingDelay({
      flush: () => {
        flushedAt.push(performance.now());
        if (flushedAt.length === 2) resolve();
        else for (let asked = 0; asked < 2; asked++) delay.schedule();
        while (performance.now() - (flushedAt.at(-1) as number) < 4);
        return true;
      },
      aboveUtilization: 0,
    });
    delay.schedule();
  });
  const [first, second] = flushedAt as [number, number];
  t.ok(second - first >= 30, `a flush of 4 ms is followed by a delay of 32 ms: ${second - first}`);
});
