import t from 'tap';
import { NoticeQueue } from './notice-queue.js';

const HOUR_MS = 3_600_000;
const empty = (): NoticeQueue => new NoticeQueue({ after: 'no-0', waiting: [] });

t.test('notices go in their order, and a queue goes on behind the last that it took', async (t) => {
  const queue = empty();
  queue.take(['no-1', 'no-2'], 0);
  t.equal(queue.next(0), 'no-1');
  queue.done('no-1');
  t.equal(queue.next(0), 'no-2');
  const stored = JSON.parse(JSON.stringify(queue.toStored()));
  t.same(stored, { after: 'no-2', waiting: [['no-2', 0, 0]] });
  t.equal(new NoticeQueue(stored).next(0), 'no-2', 'after a restart');
});

t.test('a notice that is not taken holds up no other, and failures in a row slow the whole queue down', async (t) => {
  const queue = empty();
  queue.take(['no-1', 'no-2'], 0);
  t.equal(queue.failed('no-1', 0), 1);
  t.equal(queue.next(700), undefined, 'everything waits after a failure');
  t.equal(queue.next(1_000), 'no-1');
  t.equal(queue.failed('no-1', 1_000), 2);
  t.equal(queue.next(2_400), undefined);
  queue.done('no-2');
  queue.take(['no-3'], 0);
  t.equal(queue.next(1_001), 'no-3', 'a notice that was taken ends the pause, and the failed one keeps its own');
  t.equal(queue.next(3_000), 'no-1');
  for (let i = 0; i < 30; i++) queue.failed('no-1', 0);
  t.equal(queue.next(15 * 60_000), 'no-1', 'a quarter of an hour at most');
  queue.failed('no-1', 0, HOUR_MS);
  t.equal(queue.next(HOUR_MS - 1), undefined, 'Retry-After counts');
});

t.test('a notice is given up after 24 hours, one that was never tried is not', async (t) => {
  const queue = empty();
  queue.take(['no-1', 'no-2'], 0);
  queue.failed('no-1', 0);
  t.same(queue.giveUp(24 * HOUR_MS - 1), []);
  t.same(queue.giveUp(24 * HOUR_MS), ['no-1']);
  t.equal(queue.size, 1);
});

t.test('a queue is bounded', async (t) => {
  const queue = empty();
  const ids = Array.from({ length: queue.capacity }, (_, i) => `no-${i}`);
  queue.take(ids, 0);
  t.same([queue.capacity, queue.size], [0, ids.length]);
  t.ok(Buffer.byteLength(JSON.stringify(queue.toStored())) < 64 * 1024, 'and so is what is stored of it');
});
