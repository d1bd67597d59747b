import t from 'tap';
import { EventMemory } from '../../event-log/event-memory.js';
import { LogEvent } from '../../event-log/log-event.js';
import type { PartitionReaders } from '../../event-log/partition-readers.js';
import { RecentTail } from '../../event-log/recent-tail.js';
import type { Bus } from '../../nats/bus.js';
import type { StoredMessage } from '../../nats/stored-message.js';
import type { LogSegment } from './log-segment.js';
import { LogSegments, type SegmentRequest } from './log-segments.js';

const noBus = {} as Bus;
const event = (position: number, text: string) =>
  new LogEvent({ position, data: Buffer.from(text) } as unknown as StoredMessage, 'a.x', new EventMemory());
const start = { entry: 'a.x', partition: 0, after: 0 };

/** Two partitions whose events are all in the recent tail. */
function segmentsOf(logs: RecentTail[]): LogSegments {
  const readers = { at: (partition: number) => ({ recent: logs[partition], head: 3 }) } as unknown as PartitionReaders;
  return new LogSegments(noBus, readers, 1, () => undefined);
}

async function nextOf(segments: LogSegments, request: SegmentRequest): Promise<LogSegment> {
  let next: LogSegment | undefined;
  await segments.next(request, async (segment) => {
    next = segment;
  });
  return next as LogSegment;
}

function fill(log: RecentTail, text: string): void {
  for (const position of [1, 2, 3]) log.push(event(position, text));
}

t.test('segments of a truncated partition are dropped, those of other partitions stay cached', async (t) => {
  const logs = [new RecentTail(0), new RecentTail(0)];
  for (const log of logs) fill(log, 'before');
  const segments = segmentsOf(logs);
  const other = { entry: 'a.y', partition: 1, after: 0 };
  const [lost, kept] = [await nextOf(segments, start), await nextOf(segments, other)];
  t.equal(await nextOf(segments, start), lost, 'it was known');

  for (const log of logs) log.reset(0);
  fill(logs[0] as RecentTail, 'after');
  segments.dropPartition(0);
  const read = await nextOf(segments, start);
  t.same(
    read.events.map(({ size }) => size),
    ['after', 'after', 'after'].map(({ length }) => length),
  );
  t.equal(await nextOf(segments, other), kept);
});

t.test('the scan of an entry without waiting readers is dropped', async (t) => {
  const log = new RecentTail(0);
  fill(log, 'x');
  const segments = segmentsOf([log]);
  const next = nextOf(segments, start);
  t.equal(segments.scanning, 1);
  await next;
  while (segments.scanning > 0) await new Promise(setImmediate);
  t.equal(segments.scanning, 0);
});

t.test('a single request is served at once while a scan waits for a reconnect storm to end', async (t) => {
  const log = new RecentTail(0);
  fill(log, 'x');
  const segments = segmentsOf([log]);
  let served = 0;
  const arrive = () => {
    const arrived = segments.expectReader(start.entry);
    void nextOf(segments, start).then(() => served++);
    arrived();
  };
  const storm = setInterval(() => Array.from({ length: 20 }, arrive), 20);
  t.teardown(() => clearInterval(storm));
  await new Promise((resolve) => setTimeout(resolve, 250));
  const before = served;
  const segment = await segments.read(start);
  t.equal(segment.events.length, 3);
  t.equal(served, before, 'while the others go on waiting');
});
