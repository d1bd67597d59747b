import t from 'tap';
import { CoalescingDelay } from './coalescing-delay.js';

/** Sends once with work that takes `workMs` of a clock that only work moves on; tells how long it was waited for. */
function paceWith(clock: { nowMs: number }) {
  const pace = new CoalescingDelay(() => clock.nowMs);
  return (workMs: number): Promise<number> => {
    const askedAt = performance.now();
    return new Promise((resolve) => {
      pace.schedule(() => {
        clock.nowMs += workMs;
        resolve(performance.now() - askedAt);
      });
    });
  };
}

t.test('what costs little goes out at the end of each turn', async (t) => {
  const send = paceWith({ nowMs: 0 });
  const order: string[] = [];
  for (let i = 0; i < 3; i++) {
    const sent = send(0.5).then(() => order.push('sent'));
    await new Promise((resolve) => setImmediate(resolve));
    await sent;
    order.push('turn');
  }
  t.same(order, ['sent', 'turn', 'sent', 'turn', 'sent', 'turn']);
});

t.test('the dearer the sending, the longer the rest, but it is never a long one', async (t) => {
  const send = paceWith({ nowMs: 0 });
  await send(2);
  const afterTwo = await send(4);
  t.ok(afterTwo >= 7, `after 2 ms it rests for 8: ${afterTwo}`);
  const afterFour = await send(1000);
  t.ok(afterFour >= 31, `after 4 ms it rests for 32: ${afterFour}`);
  const waited = await send(0);
  t.ok(waited >= 49 && waited < 500, `after a second it rests for 50 ms and not for hours: ${waited}`);
});
