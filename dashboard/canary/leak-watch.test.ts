import t from 'tap';
import { deliveryProblem } from './canary-record.js';
import { LeakWatch } from './leak-watch.js';
import { HourlySecrets } from './secrets.js';

t.test('a leak in every event is counted each time, and logged as long as it lasts', async (t) => {
  let nowMs = 0;
  let counted = 0;
  const lines: object[] = [];
  const metrics = { leak: () => counted++, searched: () => undefined };
  const log = { fatal: (fields: object) => void lines.push(fields) };
  const watch = new LeakWatch(new HourlySecrets(), metrics, log, () => nowMs);
  const event = { subject: 'shown-a', data: { key: 'shown-a', secret: 'x' } };
  // A day and an hour of one event a second.
  const seconds = 25 * 3_600;
  for (; nowMs < seconds * 1_000; nowMs += 1_000) watch.delivered('sse', event);
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
    deliveryProblem({ subject: 'shown-a', data }),
    'items that are not granted: lane, one of another entry, secretObject',
  );
});
