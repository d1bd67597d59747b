import { deferred } from '@nats-io/transport-node';
import t from 'tap';
import { eventually } from '../../tests/support/condition.js';
import { connect, startNats } from '../../tests/support/nats/nats.js';
import type { Act } from '../ledger/record.js';
import { ReceiptChain } from '../receipts/receipt-chain.js';
import { sealReceipts } from './seal-receipts.js';

t.test('a seal covers the receipts that the store has, and nothing is sealed twice', async (t) => {
  const bus = await connect(t, await startNats(t));
  await bus.jsm.streams.add({ name: 'RECEIPTS', subjects: ['receipt.>'] });
  const held = deferred<void>();
  const publish = bus.publisher.publish.bind(bus.publisher);
  bus.publisher.publish = async (message) => {
    if (message.id?.endsWith('/2')) await held;
    return publish(message);
  };
  const chain = new ReceiptChain({ bus, onStored: () => undefined, warn: (message) => t.fail(message) });
  const close = (receipt: string) =>
    chain.append('p', 'g', { act: 'close', receipt, through: 1, sent: 1, reason: 'left' } as never);
  const seals: unknown[] = [];
  const deps = {
    ledger: {
      append: async (decide: () => Act) => {
        seals.push(decide().document);
        return {} as never;
      },
    },
    warn: (message: string) => t.fail(message),
  };

  await sealReceipts(chain, deps as never);
  t.equal(seals.length, 0, 'there are none yet');
  await close('one');
  const second = close('two');
  const appendedAtMs = Date.now();
  await eventually(() => Date.now() > appendedAtMs, 'a later time', 10_000);
  await sealReceipts(chain, deps as never);
  t.match(seals, [{ broker: chain.broker, records: 1, digest: /./ }], 'the second one is on its way');
  const isAsOldAsItIs = (): boolean =>
    chain.unsealed.records === 1 && Number(chain.unsealed.oldestAtMs) <= appendedAtMs;
  t.ok(isAsOldAsItIs(), 'and is as old as it was, not as the seal');
  await sealReceipts(chain, deps as never);
  t.equal(seals.length, 1, 'the same head is not sealed again');
  t.ok(isAsOldAsItIs(), 'and the record grows older');
  held.resolve();
  await second;
  await sealReceipts(chain, deps as never);
  await sealReceipts(chain, deps as never);
  t.match(seals.slice(1), [{ records: 2 }]);
  t.equal(seals.length, 2);
  t.same(chain.unsealed, { records: 0, oldestAtMs: undefined });
});
