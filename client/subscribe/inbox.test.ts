import t from 'tap';
import { Inbox } from './inbox.js';

t.test('items are taken in order and at most as many as requested', async (t) => {
  const inbox = new Inbox<number>(10);
  t.ok(inbox.push([1, 2, 3]));
  t.same(await inbox.take(2), [1, 2]);
  t.ok(inbox.push([4]));
  t.same(await inbox.take(5), [3, 4]);
  t.equal(inbox.size, 0);
});

t.test('take waits for the next item when the inbox is empty', async (t) => {
  const inbox = new Inbox<number>(10);
  const taken = inbox.take(1);
  inbox.push([7]);
  t.same(await taken, [7]);
});

t.test('items beyond the capacity are refused as a whole', async (t) => {
  const inbox = new Inbox<number>(2);
  t.notOk(inbox.push([1, 2, 3]));
  t.ok(inbox.push([1, 2]));
  t.notOk(inbox.push([3]));
});

t.test('buffered items are taken before the end or the failure is reported', async (t) => {
  const ended = new Inbox<number>(2);
  ended.push([1]);
  ended.end();
  t.same(await ended.take(1), [1]);
  t.equal(await ended.take(1), undefined);
  const failed = new Inbox<number>(2);
  failed.push([1]);
  failed.end(new RangeError('over'));
  t.same(await failed.take(1), [1]);
  await t.rejects(failed.take(1), RangeError);
});
