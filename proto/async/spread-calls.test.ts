import t from 'tap';
import { SpreadCalls } from './spread-calls.js';

const INTERVAL_MS = 5_000;
const SLICE_MS = 100;

/** Calls whose clock is moved by hand, and how many timers they have. */
function startCalls(intervalMs = INTERVAL_MS) {
  let nowMs = 1_000;
  let timers = 0;
  let tick = (): void => undefined;
  const calls = new SpreadCalls(intervalMs, {
    nowMs: () => nowMs,
    every: (_ms, call) => {
      timers++;
      tick = call;
      return () => timers--;
    },
  });
  const pass = (ms: number): void => {
    nowMs += ms;
    tick();
  };
  return { calls, pass, nowMs: () => nowMs, timers: () => timers };
}

t.test('each call comes at its interval from when it was added, and no two slices at once', async (t) => {
  const { calls, pass, nowMs } = startCalls();
  const times = new Map<number, number[]>();
  const added: number[] = [];
  for (let i = 0; i < 60; i++) {
    added.push(nowMs());
    calls.add(() => times.set(i, [...(times.get(i) ?? []), nowMs()]));
    pass(SLICE_MS);
  }
  for (let i = 0; i < 150; i++) pass(SLICE_MS);
  for (let i = 0; i < 60; i++) {
    const [first = 0, second = 0] = times.get(i) ?? [];
    const waitedMs = first - (added[i] as number);
    t.ok(waitedMs > INTERVAL_MS - SLICE_MS && waitedMs <= INTERVAL_MS, `call ${i} after ${waitedMs} ms`);
    t.equal(second - first, INTERVAL_MS, `call ${i} again`);
  }
  const atOnce = new Map<number, number>();
  for (const all of times.values()) for (const at of all) atOnce.set(at, (atOnce.get(at) ?? 0) + 1);
  t.ok(Math.max(...atOnce.values()) <= 2, 'spread as they were added');
});

t.test('calls that are late are made up for, each once', async (t) => {
  const { calls, pass } = startCalls();
  let [first, second] = [0, 0];
  calls.add(() => first++);
  pass(SLICE_MS * 3);
  calls.add(() => second++);
  pass(INTERVAL_MS - SLICE_MS * 2);
  t.same([first, second], [1, 0]);
  pass(4 * INTERVAL_MS);
  t.same([first, second], [2, 1]);
  pass(SLICE_MS);
  t.same([first, second], [2, 1], 'not again before its time');
  pass(SLICE_MS);
  t.same([first, second], [2, 2]);
});

t.test('a call that was taken out is made no more, and without any the timer ends', async (t) => {
  const { calls, pass, timers } = startCalls();
  let made = 0;
  const ends = [1, 2].map(() => calls.add(() => made++));
  t.equal(timers(), 1);
  ends[0]?.();
  ends[0]?.();
  pass(INTERVAL_MS);
  t.equal(made, 1);
  ends[1]?.();
  t.equal(timers(), 0);
  calls.add(() => made++);
  pass(INTERVAL_MS);
  t.equal(made, 2, 'what is added later is called');
});

t.test('an interval that is shorter than a slice has one timer at that interval', async (t) => {
  const { calls, pass } = startCalls(7);
  let made = 0;
  calls.add(() => made++);
  pass(7);
  pass(7);
  t.equal(made, 2);
});
