import t from 'tap';
import { CoalescingDelay, type Flushed } from './coalescing-delay.js';
import { type FlushLoad, LoopLoad } from './loop-load.js';

const SENT: Flushed = { frames: 1, events: 1 };

const loadOf = (shares: Pick<FlushLoad, 'other' | 'unshared'>): FlushLoad => ({
  ...shares,
  flushMs: Number.POSITIVE_INFINITY,
  flushed: () => undefined,
});

/** A delay on a clock that only flushes and delays move. The function flushes once, in slices, and resolves with the delay before it, in ms. */
function flusherAt(load: FlushLoad, aboveUtilization = 0.5) {
  let nowMs = 0;
  let slice: () => Flushed | undefined;
  const delay = new CoalescingDelay({
    flush: () => slice(),
    aboveUtilization,
    nowMs: () => nowMs,
    runLater: (run, delayMs) => {
      nowMs += delayMs;
      setImmediate(run);
    },
    load,
  });
  return (...slicesMs: number[]): Promise<number> => {
    const askedAtMs = nowMs;
    let begunAtMs: number | undefined;
    return new Promise((resolve) => {
      slice = () => {
        begunAtMs ??= nowMs;
        nowMs += slicesMs.shift() ?? 0;
        if (slicesMs.length > 0) return undefined;
        resolve(Math.round((begunAtMs - askedAtMs) * 1000) / 1000);
        return SENT;
      };
      delay.schedule();
    });
  };
}

/** Other work takes half of the loop, and flushes without a delay would take more than the rest. */
const BUSY = loadOf({ other: 0.5, unshared: 1 });

t.test('cheap flushes run within their turn, without a delay, however busy the core is', async (t) => {
  const flush = flusherAt(BUSY);
  const order: string[] = [];
  for (let i = 0; i < 3; i++) {
    const flushed = flush(0.5).then(() => order.push('flushed'));
    await new Promise((resolve) => setImmediate(resolve));
    await flushed;
    order.push('turn');
  }
  t.same(order, ['flushed', 'turn', 'flushed', 'turn', 'flushed', 'turn']);
});

t.test('on a busy core flushes take four fifths of what other work leaves, up to the bound of the delay', async (t) => {
  const flush = flusherAt(BUSY);
  await flush(8);
  t.equal(await flush(1000), 12, 'behind a flush of 8 ms, which may take 0.4 of the time');
  t.equal(await flush(0), 50, 'behind a flush of a second');
});

t.test('the more of the loop other work takes, the longer the delay', async (t) => {
  const flush = flusherAt(loadOf({ other: 0.9, unshared: 1 }));
  await flush(4);
  t.equal(await flush(0), 46, 'behind a flush of 4 ms, which may take 0.08 of the time');
});

t.test('a flush that took longer than they do on average is followed by the delay of an average one', async (t) => {
  const flush = flusherAt({ ...BUSY, flushMs: 8 });
  await flush(1000);
  t.equal(await flush(0), 12);
});

t.test(
  'on a core that would have time to spare without shared frames dear flushes are followed by no delay',
  async (t) => {
    let order = '';
    const flush = flusherAt(loadOf({ other: 0.2, unshared: 0.3 }));
    await flush(1000);
    const flushed = flush(1000).then(() => {
      order += 'flushed ';
    });
    await new Promise((resolve) => setImmediate(resolve));
    await flushed;
    order += 'turn';
    t.equal(order, 'flushed turn');
  },
);

t.test('between idle and busy the delay grows with the utilisation that the core would have', async (t) => {
  const flush = flusherAt(loadOf({ other: 0.5, unshared: 0.225 }));
  await flush(1000);
  t.equal(await flush(0), 25, 'half of the headroom would be used, so half of 50 ms');
});

t.test(
  'with a limit of 0 frames are delayed on an idle core too, so that flushes take a tenth of the time',
  async (t) => {
    const flush = flusherAt(loadOf({ other: 0, unshared: 0 }), 0);
    await flush(2);
    t.equal(await flush(1000), 18, 'behind a flush of 2 ms');
    t.equal(await flush(0), 50);
  },
);

t.test('a flush counts with the time that it would have taken with a frame for each event', async (t) => {
  let nowMs = 0;
  const unsharedMs = await new Promise((resolve) => {
    const load = { ...BUSY, flushed: (_ms: number, unshared: number) => resolve(unshared) };
    const flush = (): Flushed => {
      nowMs += 4;
      return { frames: 500, events: 5000 };
    };
    new CoalescingDelay({ flush, aboveUtilization: 0.5, nowMs: () => nowMs, load }).schedule();
  });
  t.equal(unsharedMs, 40);
});

t.test('the load of the loop is what flushes report, averaged over a window', async (t) => {
  const beganAfterMs = performance.now();
  const load = new LoopLoad(0);
  const nowMs = performance.now() + 100;
  load.flushed(4, 40, nowMs);
  const least = 40 / (nowMs - beganAfterMs);
  t.ok(load.unshared >= least && load.unshared <= 0.4, `ten events to a frame, 4 ms of 100: ${load.unshared}`);
  t.equal(load.flushMs, 4);
  t.ok(load.other < 1, `${load.other}`);
});

t.test('a flush without a delay goes before everything that the turn of the event loop has left', async (t) => {
  const flush = flusherAt(loadOf({ other: 0, unshared: 0 }));
  const order: string[] = [];
  const ended = new Promise((resolve) => setImmediate(resolve)).then(() => order.push('turn'));
  const flushed = flush(0).then(() => order.push('flushed'));
  queueMicrotask(() => order.push('dispatched'));
  await Promise.all([flushed, ended]);
  t.same(order, ['dispatched', 'flushed', 'turn']);
});

t.test('a flush in slices lets the turn of the event loop end between them, and counts as a whole', async (t) => {
  const flush = flusherAt(BUSY);
  let turns = 0;
  const count = (): void => {
    turns++;
    immediate = setImmediate(count);
  };
  let immediate = setImmediate(count);
  await flush(2, 2, 4);
  clearImmediate(immediate);
  t.ok(turns >= 2, `${turns} turns between three slices`);
  t.equal(await flush(0), 12, 'behind a flush of 8 ms');
});

t.test('what becomes pending within a flush has one of its own, after the delay', async (t) => {
  const flushedAt: number[] = [];
  await new Promise<void>((resolve) => {
    const delay: CoalescingDelay = new CoalescingDelay({
      flush: () => {
        flushedAt.push(performance.now());
        if (flushedAt.length === 2) resolve();
        else for (let asked = 0; asked < 2; asked++) delay.schedule();
        while (performance.now() - (flushedAt.at(-1) as number) < 8);
        return SENT;
      },
      aboveUtilization: 0,
      load: BUSY,
    });
    delay.schedule();
  });
  const [first, second] = flushedAt as [number, number];
  t.ok(second - first >= 19, `a flush of 8 ms is followed by a delay of 12 ms: ${second - first}`);
});
