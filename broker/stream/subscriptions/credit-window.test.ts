import fc from 'fast-check';
import t from 'tap';
import { CreditWindow } from './credit-window.js';

t.test('credit is counted per event, also inside a frame', async (t) => {
  const window = new CreditWindow(10);
  window.sent([3, 5, 8]);
  window.sent([9, 12]);
  t.equal(window.available, 5);
  window.acknowledged(5);
  t.equal(window.available, 7);
  window.acknowledged(9);
  t.equal(window.available, 9);
  window.acknowledged(4);
  t.equal(window.available, 9, 'a lower position changes nothing');
  window.acknowledged(100);
  t.equal(window.available, 10);
});

t.test('a credit window knows which events await their acknowledgement', async (t) => {
  const window = new CreditWindow(10);
  window.sent([3, 5, 8]);
  window.sent([9, 12]);
  window.acknowledged(5);
  const open = Array.from({ length: 15 }, (_, position) => position).filter((position) => window.isOpen(position));
  t.strictSame(open, [8, 9, 12]);
});

t.test('after any sends and acknowledgements, events sent above the highest acknowledgement are open', async () => {
  const step = fc.oneof(
    fc.nat(5).map((count) => ({ count })),
    fc.nat(400).map((ack) => ({ ack })),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const window = new CreditWindow(10_000);
      const sent: number[] = [];
      let highest = 0;
      for (const one of steps) {
        if ('count' in one) {
          const positions = Array.from({ length: one.count }, (_, i) => sent.length * 2 + i * 2 + 1);
          sent.push(...positions);
          window.sent(positions);
        } else {
          highest = Math.max(highest, Math.min(one.ack, sent.at(-1) ?? 0));
          window.acknowledged(Math.min(one.ack, sent.at(-1) ?? 0));
        }
        if (window.outstanding !== sent.filter((position) => position > highest).length) return false;
      }
      return true;
    }),
  );
});

t.test('hundreds of frames are acknowledged at once, again and again', async (t) => {
  const window = new CreditWindow(1000);
  let position = 0;
  for (const frames of [3, 128, 129, 400, 2]) {
    for (let i = 0; i < frames; i++) window.sent([++position, ++position]);
    t.equal(window.available, 1000 - 2 * frames);
    window.acknowledged(position - 3);
    t.equal(window.available, 1000 - 3);
    t.notOk(window.isOpen(position - 3));
    t.ok(window.isOpen(position - 2));
    window.acknowledged(position);
    t.equal(window.available, 1000);
    t.notOk(window.isOpen(position));
  }
});
