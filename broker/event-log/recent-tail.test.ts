import t from 'tap';
import { encodeEnvelope } from '../../proto/event/envelope.js';
import { EventMemory } from './event-memory.js';
import { LogEvent } from './log-event.js';
import { RecentTail } from './recent-tail.js';

const event = (position: number, entry: string, size = 10) =>
  ({ position, entry, size, forgetDecoded: () => undefined }) as unknown as LogEvent;

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

t.test(
  'of the events that the recent tail keeps only the newest stay decoded, and the others are decoded again',
  async (t) => {
    const log = new RecentTail(0);
    const memory = new EventMemory();
    const stored = (position: number): LogEvent => {
      const data = encodeEnvelope({
        op: 'create',
        entryVersion: 1,
        acceptedAtMs: position,
        keyId: 0,
        subject: `s${position}`,
        sourceId: 'i',
      });
      return new LogEvent({ position, subject: 'ev', data, timeMs: 0 }, 'a.x', memory);
    };
    const events = Array.from({ length: 4_000 }, (_, i) => stored(i + 1));
    const decoded = events.map((one) => {
      log.push(one);
      return one.event;
    });
    const kept = log.eventsAfter(0, 'a.x') as LogEvent[];
    t.equal(kept.length, events.length);
    t.equal(kept.at(-1)?.event, decoded.at(-1));
    t.not(kept[0]?.event, decoded[0], 'the first decoded form was dropped');
    t.same(kept[0]?.event, decoded[0]);
  },
);
