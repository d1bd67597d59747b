import t from 'tap';
import type { LogEvent } from '../../event-log/log-event.js';
import { LogSegment } from './log-segment.js';
import { ReconnectStorm } from './reconnect-storm.js';
import { SharedScan } from './shared-scan.js';

const event = { size: 0 } as unknown as LogEvent;

/** A log of 1,000 positions, read in segments of 100. */
function scanOf(loads: number[], storm = new ReconnectStorm()): SharedScan {
  return new SharedScan(async (after) => {
    loads.push(after);
    return new LogSegment('a.x', after, Math.min(after + 100, 1000), [event]);
  }, storm);
}

async function nextOf(scan: SharedScan, after: number): Promise<LogSegment> {
  let next: LogSegment | undefined;
  await scan.next(after, async (segment) => {
    next = segment;
  });
  return next as LogSegment;
}

/** Reads to the end of the log; resolves with the segments in order. */
async function readAll(scan: SharedScan, from: number): Promise<[number, number][]> {
  const seen: [number, number][] = [];
  for (let after = from; after < 1000; ) {
    const segment = await nextOf(scan, after);
    seen.push([segment.after, segment.through]);
    after = segment.through;
  }
  return seen;
}

t.test('a shared scan reads the log about once for readers at many positions, each served in order', async (t) => {
  const loads: number[] = [];
  const scan = scanOf(loads);
  const readers = Array.from({ length: 50 }, (_, i) => (i * 379) % 1000);
  const all = await Promise.all(readers.map((from) => readAll(scan, from)));
  for (const [i, seen] of all.entries()) {
    let after = readers[i] as number;
    for (const [begin, end] of seen) {
      t.ok(begin <= after && after < end, `reader ${i} at ${after} got ${begin} to ${end}`);
      after = end;
    }
  }
  t.ok(loads.length <= 30, `${loads.length} segments were read`);
});

t.test('a shared scan waits during a reconnect storm instead of reading the log again for late readers', async (t) => {
  const loads: number[] = [];
  const storm = new ReconnectStorm();
  const scan = scanOf(loads, storm);
  const readers: Promise<unknown>[] = [];
  // Each from further behind than the one before, over half a second.
  for (let from = 500; from > 0; from -= 2) {
    const arrived = storm.arrive();
    readers.push(nextOf(scan, from).then((segment) => readAll(scan, segment.through)));
    arrived();
    if (from % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await Promise.all(readers);
  t.ok(loads.length < 400, `${loads.length} segments were read`);
});

t.test('a shared scan goes on when those that it served have taken the segment', async (t) => {
  const loads: number[] = [];
  const scan = scanOf(loads);
  let takeOn: () => void = () => undefined;
  const slow = scan.next(0, () => new Promise((resolve) => (takeOn = resolve)));
  const other = nextOf(scan, 500);
  while (loads.length === 0) await new Promise(setImmediate);
  for (let i = 0; i < 10; i++) await new Promise(setImmediate);
  t.same(loads, [0, 100], 'the segment and the one after it, which is read ahead');
  takeOn();
  await Promise.all([slow, other]);
  t.same(loads, [0, 100, 500, 600]);
});

t.test('a reader that keeps returning far behind does not hold up the others', async (t) => {
  const loads: number[] = [];
  const scan = scanOf(loads);
  let isOver = false;
  const insistent = (async () => {
    while (!isOver) await nextOf(scan, 0);
  })();
  await readAll(scan, 500);
  isOver = true;
  await insistent;
  t.ok(loads.length < 200, `${loads.length} segments were read`);
});

t.test('a failed read rejects the reader that needed it, and the next reader is served', async (t) => {
  let fails = true;
  const scan = new SharedScan(async (after) => {
    if (fails) throw new Error('the store is away');
    return new LogSegment('a.x', after, after + 1, []);
  }, new ReconnectStorm());
  await t.rejects(nextOf(scan, 5), { message: 'the store is away' });
  fails = false;
  t.match(await nextOf(scan, 5), { after: 5, through: 6 });
});

t.test('a shared scan reports idle when no reader waits any more, and not before', async (t) => {
  let served = 0;
  let servedWhenIdle: number | undefined;
  const idle = new Promise<void>((resolve) => {
    const scan = new SharedScan(
      async (after) => new LogSegment('a.x', after, after + 1, []),
      new ReconnectStorm(),
      () => {
        servedWhenIdle = served;
        resolve();
      },
    );
    for (const after of [1, 5]) void nextOf(scan, after).then(() => served++);
  });
  await idle;
  t.equal(servedWhenIdle, 2);
});
