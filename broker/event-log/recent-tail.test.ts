import t from 'tap';
import type { LogEvent } from './log-event.js';
import { RecentTail } from './recent-tail.js';

const event = (position: number, entry: string, size = 10) =>
  ({ position, entry, bytes: Buffer.alloc(size) }) as unknown as LogEvent;

t.test('the recent tail returns the events of one entry after a position that it covers', async (t) => {
  const log = new RecentTail(100);
  log.push(event(101, 'a.x'));
  log.push(event(103, 'a.y'));
  log.push(event(104, 'a.x'));
  t.same(
    log.eventsAfter(100, 'a.x')?.map((one) => one.position),
    [101, 104],
  );
  t.same(
    log.eventsAfter(101, 'a.x')?.map((one) => one.position),
    [104],
  );
  t.same(log.eventsAfter(104, 'a.x'), []);
});

t.test('the recent tail returns nothing for a position before its start', async (t) => {
  const log = new RecentTail(100);
  log.push(event(101, 'a.x'));
  t.equal(log.eventsAfter(99, 'a.x'), undefined);
});

t.test('the recent tail stays within its bounds by dropping its oldest events', async (t) => {
  const log = new RecentTail(0);
  for (let position = 1; position <= 40_000; position++) log.push(event(position, 'a.x'));
  t.equal(log.after, 40_000 - 16_384);
  t.equal(log.eventsAfter(log.after, 'a.x')?.length, 16_384);
  t.equal(log.eventsAfter(log.after - 1, 'a.x'), undefined);
  log.push(event(40_001, 'a.x', 8 * 1024 * 1024));
  t.same(
    log.eventsAfter(40_000, 'a.x')?.map((one) => one.position),
    [40_001],
  );
  t.equal(log.after, 40_000);
});
