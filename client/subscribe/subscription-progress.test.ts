import t from 'tap';
import type { DeliveredEvent } from '../../proto/event/event.js';
import type { SubscribedFrame } from '../../proto/frames/frames.js';
import { GapError } from '../errors.js';
import { SubscriptionProgress } from './subscription-progress.js';

const subscribed = (position: number, log = 'L'): SubscribedFrame => ({
  kind: 'subscribed',
  ref: 'r',
  channel: 1,
  grant: 'g',
  entry: 'p.e',
  version: 1,
  items: [],
  log,
  position,
});
const events = (...positions: number[]) => positions.map((position) => ({ position }) as DeliveredEvent);

t.test('the first connection starts at the requested position, later ones after the acknowledged one', async (t) => {
  const progress = new SubscriptionProgress('latest');
  t.equal(progress.resumeFrom(), 'latest');
  progress.subscribed(subscribed(40));
  t.same(progress.resumeFrom(), { after: 40, log: 'L' }, 'no event accepted since is skipped');
  progress.handOver(42);
  progress.handOver(43);
  progress.acknowledge(42);
  t.same(progress.resumeFrom(), { after: 42, log: 'L' });
});

t.test('a cursor is resumed by name once the bus has confirmed a position of it', async (t) => {
  const progress = new SubscriptionProgress('cursor');
  progress.subscribed(subscribed(0));
  t.same(progress.resumeFrom(), { after: 0, log: 'L' });
  progress.handOver(3);
  progress.acknowledge(3);
  progress.confirm(3);
  t.equal(progress.resumeFrom(), 'cursor');
});

t.test('events that were handed over before are dropped as repeats', async (t) => {
  const progress = new SubscriptionProgress('cursor');
  progress.subscribed(subscribed(0));
  progress.unseen(events(1, 2, 3), 3);
  progress.handOver(2);
  t.same(
    progress.unseen(events(1, 2, 3, 4), 4).map((event) => event.position),
    [3, 4],
  );
});

t.test('a position can be acknowledged only after it was handed over, and never backward', async (t) => {
  const progress = new SubscriptionProgress('cursor');
  progress.subscribed(subscribed(0));
  progress.handOver(5);
  t.throws(() => progress.acknowledge(6), RangeError);
  t.equal(progress.acknowledge(5), 5);
  t.equal(progress.acknowledge(3), 5);
});

t.test('skipped positions are acknowledged when no delivered event is open', async (t) => {
  const progress = new SubscriptionProgress('cursor');
  progress.subscribed(subscribed(0));
  progress.unseen(events(5), 9);
  t.equal(progress.acknowledgeSkipped(), 9, 'nothing was handed over; the caller asks only while its inbox is empty');
  progress.handOver(12);
  progress.unseen([], 20);
  t.equal(progress.acknowledgeSkipped(), undefined);
  progress.acknowledge(12);
  t.equal(progress.acknowledgeSkipped(), 20);
  t.equal(progress.acknowledgeSkipped(), undefined);
});

t.test('rejections are kept until the bus has confirmed their positions', async (t) => {
  const progress = new SubscriptionProgress('cursor');
  progress.reject(8, 'b');
  progress.reject(4, 'a');
  t.same(progress.rejects, [
    { position: 4, reason: 'a' },
    { position: 8, reason: 'b' },
  ]);
  progress.confirm(4);
  t.same(progress.rejects, [{ position: 8, reason: 'b' }]);
});

t.test('another log epoch after a reconnect is a gap', async (t) => {
  const progress = new SubscriptionProgress('cursor');
  progress.subscribed(subscribed(10));
  progress.handOver(12);
  t.throws(() => progress.subscribed(subscribed(12, 'other')), GapError);
});
