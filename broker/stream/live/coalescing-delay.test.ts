import t from 'tap';
import { CoalescingDelay } from './coalescing-delay.js';

/** Flushes once, taking `workMs` of a clock that only flushes move; resolves with the time it was delayed. */
function flusherOn(clock: { nowMs: number }) {
  const delay = new CoalescingDelay(() => clock.nowMs);
  return (workMs: number): Promise<number> => {
    const askedAt = performance.now();
    return new Promise((resolve) => {
      delay.schedule(() => {
        clock.nowMs += workMs;
        resolve(performance.now() - askedAt);
      });
    });
  };
}

t.test('cheap flushes run at the end of each turn, without a delay', async (t) => {
  const send = flusherOn({ nowMs: 0 });
  const order: string[] = [];
  for (let i = 0; i < 3; i++) {
    const sent = send(0.5).then(() => order.push('sent'));
    await new Promise((resolve) => setImmediate(resolve));
    await sent;
    order.push('turn');
  }
  t.same(order, ['sent', 'turn', 'sent', 'turn', 'sent', 'turn']);
});

t.test('the delay grows with the square of the flush time, up to its bound', async (t) => {
  const send = flusherOn({ nowMs: 0 });
  await send(2);
  const afterTwo = await send(4);
  t.ok(afterTwo >= 7, `a flush of 2 ms is followed by a delay of 8 ms: ${afterTwo}`);
  const afterFour = await send(1000);
  t.ok(afterFour >= 31, `a flush of 4 ms is followed by a delay of 32 ms: ${afterFour}`);
  const waited = await send(0);
  t.ok(waited >= 49 && waited < 500, `a flush of a second is followed by a delay of 50 ms: ${waited}`);
});
