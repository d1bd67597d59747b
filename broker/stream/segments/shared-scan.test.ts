import t from 'tap';
import type { LogEvent } from '../../event-log/log-event.js';
import { LogSegment } from './log-segment.js';
import { SharedScan } from './shared-scan.js';

const event = { bytes: Buffer.alloc(0) } as unknown as LogEvent;

/** A log of 1,000 positions, read in segments of 100. */
function scanOf(loads: number[]): SharedScan {
  return new SharedScan(async (after) => {
    loads.push(after);
    return new LogSegment('a.x', after, Math.min(after + 100, 1000), [event]);
  });
}

/** Reads to the end of the log; resolves with the segments in order. */
async function readAll(scan: SharedScan, from: number): Promise<[number, number][]> {
  const seen: [number, number][] = [];
  for (let after = from; after < 1000; ) {
    const segment = await scan.next(after);
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
  const scan = scanOf(loads);
  const readers: Promise<unknown>[] = [];
  // Each from further behind than the one before, over half a second.
  for (let from = 500; from > 0; from -= 2) {
    readers.push(scan.next(from, true).then((segment) => readAll(scan, segment.through)));
    if (from % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await Promise.all(readers);
  t.ok(loads.length < 400, `${loads.length} segments were read`);
});

t.test('a reader that keeps returning far behind does not hold up the others', async (t) => {
  const loads: number[] = [];
  const scan = scanOf(loads);
  let isOver = false;
  const insistent = (async () => {
    while (!isOver) await scan.next(0);
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
  });
  await t.rejects(scan.next(5), { message: 'the store is away' });
  fails = false;
  t.match(await scan.next(5), { after: 5, through: 6 });
});

t.test('a shared scan reports idle when no reader waits any more, and not before', async (t) => {
  let served = 0;
  let servedWhenIdle: number | undefined;
  const idle = new Promise<void>((resolve) => {
    const scan = new SharedScan(
      async (after) => new LogSegment('a.x', after, after + 1, []),
      () => {
        servedWhenIdle = served;
        resolve();
      },
    );
    for (const after of [1, 5]) void scan.next(after).then(() => served++);
  });
  await idle;
  t.equal(servedWhenIdle, 2);
});
