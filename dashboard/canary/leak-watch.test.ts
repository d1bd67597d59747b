import { createHash } from 'node:crypto';
import t from 'tap';
import type { DeliveredEvent } from '../../proto/event/event.js';
import { deliveryProblem } from './canary-record.js';
import { LeakWatch } from './leak-watch.js';
import { HourlySecrets } from './secrets.js';

const DELIVERED: DeliveredEvent = {
  id: 'sluice-canary.partition-3@7',
  position: 7,
  type: 'sluice-canary.partition-3',
  time: '2026-11-22T00:30:00.000Z',
  op: 'update',
  subject: 'shown-a',
  data: { key: 'shown-a', masked: 'C*****', hashed: 'a'.repeat(64), born: '1987' },
};

t.test('a leak in every event is counted each time, and logged as long as it lasts', async (t) => {
  let nowMs = 0;
  let counted = 0;
  const lines: object[] = [];
  const metrics = { leak: () => counted++, searched: () => undefined };
  const log = { fatal: (fields: object) => void lines.push(fields) };
  const watch = new LeakWatch(new HourlySecrets(), metrics, log, () => nowMs);
  const event = { ...DELIVERED, data: { ...DELIVERED.data, secret: 'x' } };
  // A day and an hour of one event a second.
  const seconds = 25 * 3_600;
  for (; nowMs < seconds * 1_000; nowMs += 1_000) watch.delivered('sse', 3, event);
  t.equal(counted, seconds);
  const found = { medium: 'stream', source: 'sse', what: 'items that are not granted: secret' };
  t.strictSame(lines.slice(0, 3), [
    { ...found, findings: 1 },
    { ...found, findings: 60 },
    { ...found, findings: 600 },
  ]);
  t.equal(lines.length, 2 + Math.floor((seconds - 61) / 600), 'the log goes on for as long as the leak does');
});

t.test('items that are not granted are named as far as the entry of the canary has them', async (t) => {
  const data = { key: 'shown-a', secretObject: {}, lane: 'shown', 张三: '350102199001011234' };
  t.equal(
    deliveryProblem('sse', 3, { ...DELIVERED, data }),
    'items that are not granted: lane, one of another entry, secretObject',
  );
});

t.test('an event that is not as the bus delivers events is a problem, also without a foreign item', async (t) => {
  t.equal(deliveryProblem('sse', 3, DELIVERED), undefined);
  const { data } = DELIVERED;
  const cases: [string, Partial<DeliveredEvent> & Record<string, unknown>][] = [
    ['an event of another entry', { type: 'sluice-canary.partition-2', id: 'sluice-canary.partition-2@7' }],
    ['an id that is not of the bus', { id: 'a-source-chose-it' }],
    ['an attribute that no delivered event has', { previous: { lane: 'shown' } }],
    ['an attribute that no delivered event has', { source: '/sluice-canary/sluice-canary-source' }],
    ['an operation that was not published', { op: 'delete' }],
    ['a time that is not of the bus', { time: '2026-11-22T08:30:00+08:00' }],
    ['a key that is not the subject', { subject: 'another' }],
    ['an item that is not masked', { data: { ...data, masked: 'CC****' } }],
    ['an item that is not hashed', { data: { ...data, hashed: 'C-hashed' } }],
    ['a date that is not cut to its year', { data: { ...data, born: '1987-06' } }],
  ];
  for (const [problem, change] of cases) {
    t.equal(deliveryProblem('sse', 3, { ...DELIVERED, ...change }), problem, JSON.stringify(change));
  }
  t.equal(
    deliveryProblem('webhook', 3, { ...DELIVERED, source: 'x' } as DeliveredEvent),
    undefined,
    'a CloudEvent has one',
  );
});

t.test('the id of an event and the digest of a hashed item are secrets, the id to all but its source', async (t) => {
  const secrets = new HourlySecrets();
  const { id, value } = secrets.at(0);
  t.ok(secrets.areIn(Buffer.from(`x${id}x`)));
  t.notOk(secrets.areIn(Buffer.from(`x${id}x`), true));
  const digest = createHash('sha256').update(`${value}-hashed`).digest('hex');
  t.ok(secrets.areIn(Buffer.from(digest), true), 'a digest without a key');
});
