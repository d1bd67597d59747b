import t, { type Test } from 'tap';
import { readAll } from '../../tests/support/broker/intake.js';
import { connect, startNats } from '../../tests/support/nats/nats.js';
import { NatsCluster } from '../../tests/support/nats/nats-cluster.js';
import type { Bus } from '../nats/bus.js';
import { RECEIPTS_STREAM } from '../nats/stream-names.js';
import { ensureStreams } from '../nats/streams.js';
import { ReceiptChain } from './receipt-chain.js';
import { digest } from './receipt-record.js';

t.test(
  'the chains of two brokers that write at the same time are stored whole, once, and in their order',
  async (t) => {
    const server = await startNats(t);
    await checkChains(t, [await connect(t, server), await connect(t, server)], 1);
  },
);

t.test('the chains of two brokers are stored by a cluster as by a single server', async (t) => {
  const cluster = await NatsCluster.start(t);
  await checkChains(t, [await cluster.connect(t), await cluster.connect(t)], 3);
});

async function checkChains(t: Test, buses: readonly [Bus, Bus], replicas: number): Promise<void> {
  await ensureStreams(buses[0], { partitions: 1, replicas });
  const chains = buses.map((bus) => {
    const warn = (message: string): void => void t.fail(message);
    return new ReceiptChain({ bus, onStored: () => {}, warn });
  });
  for (let round = 0; round < 30; round++) {
    await Promise.all(chains.map((chain) => append(chain, 1 + (round % 7))));
    // Alone for a while: few records go one by one then.
    for (let i = 0; i < 3; i++) await append(chains[round % 2] as ReceiptChain, 4);
  }
  const stored = await readAll(buses[0], RECEIPTS_STREAM, 'receipt.>');
  for (const chain of chains) {
    const own = stored.filter(({ data }) => JSON.parse(Buffer.from(data).toString()).broker === chain.broker);
    t.ok(own.length > 100, `${own.length} records`);
    let prev = '';
    own.forEach(({ data }, i) => {
      const record = JSON.parse(Buffer.from(data).toString());
      if (record.n !== i + 1 || record.prev !== prev) t.fail(`record ${record.n} stands at ${i + 1}`);
      prev = digest(Buffer.from(data));
    });
    t.same(chain.head, { digest: prev, records: own.length });
  }
}

async function append(chain: ReceiptChain, records: number): Promise<void> {
  const act = { act: 'close', receipt: 'r', through: 1, sent: 1, acked: 1, reason: 'left' } as const;
  await Promise.all(Array.from({ length: records }, (_, i) => chain.append('p', `g${i}`, act)));
}
