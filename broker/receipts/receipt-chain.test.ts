import t from 'tap';
import { eventually } from '../../tests/support/condition.js';
import { StoreFullError } from '../nats/store-errors.js';
import { ReceiptChain } from './receipt-chain.js';

t.test(
  'a store that takes no receipts is reported once with the reason, and what it never took at the end',
  async (t) => {
    const full = new StoreFullError('maximum bytes exceeded');
    const reported: [message: string, error: unknown][] = [];
    let attempts = 0;
    const publisher = {
      publish: async () => {
        attempts++;
        throw full;
      },
    };
    const chain = new ReceiptChain({
      bus: { publisher } as never,
      onStored: () => t.fail('nothing is stored'),
      warn: (message, error) => reported.push([message, error]),
    });
    // The chain's own timers do not keep a process alive.
    const awake = setInterval(() => undefined, 1_000);
    t.teardown(() => clearInterval(awake));
    const record = chain.append('p', 'g', { act: 'close', receipt: 'r', through: 1, sent: 1, reason: 'left' } as never);
    const refused = t.rejects(record, { message: /stopped before the receipt was stored/ });
    await eventually(() => attempts > 1, 'another attempt', 10_000);
    await chain.drain(0);
    await refused;
    t.same(reported, [
      ['stream RECEIPTS takes no receipts; records that wait: 1', full],
      ['receipt records that were never stored: 1; deliveries under them read as possible ones', undefined],
    ]);
  },
);
