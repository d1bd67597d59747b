import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Test } from 'tap';
import type { SourceEvent } from '../../../proto/event/event.js';
import type { Subprotocol } from '../../../proto/frames/frames.js';
import { applyBundle } from '../broker/broker.js';
import { type BrokerProcess, spawnBroker } from '../broker/broker-process.js';
import { changingAddress, type RawAddress } from '../raw-client/raw-client.js';
import { temporaryFolder } from './nats.js';
import { NatsCluster } from './nats-cluster.js';

const ENTRIES = 3;
const GRANTS = 6;

/** Several brokers that share a cluster and a secret, and nothing else. Tokens are the ids of the systems. */
export class ClusterBus {
  readonly brokers: BrokerProcess[] = [];
  #turn = 0;

  private constructor(
    private readonly t: Test,
    readonly nats: NatsCluster,
    private readonly folder: string,
  ) {}

  static async start(t: Test, brokers = 2): Promise<ClusterBus> {
    const bus = new ClusterBus(t, await NatsCluster.start(t), await temporaryFolder(t));
    await writeFile(join(bus.folder, 'sluice.yaml'), 'replicas: 3\npartitions: 3\nheartbeatMs: 1000\n');
    for (let i = 0; i < brokers; i++) await bus.startBroker(i);
    await applyBundle(bus.brokers[0]!.url, CLUSTER_BUNDLE);
    return bus;
  }

  /** Also one that was killed; it serves on a new port. */
  async startBroker(index: number): Promise<void> {
    this.brokers[index] = await spawnBroker(this.t, join(this.folder, `broker-${index}`), {
      SLUICE_NATS: this.nats.urls,
      SLUICE_CONFIG: join(this.folder, 'sluice.yaml'),
    });
  }

  /** Another broker each time it is read, as a name with several addresses would give. */
  get nextUrl(): string {
    return this.brokers[this.#turn++ % this.brokers.length]!.url;
  }

  /** Address of a session that goes to another broker each time it is opened. */
  address(token: string, encoding: Subprotocol = 'sluice.v1.json'): RawAddress {
    return changingAddress(() => this.nextUrl, { token, encoding });
  }
}

export const entryOf = (index: number): string => `registry.entry${index % ENTRIES}`;
export const sourceOf = (index: number): string => `source-${index % ENTRIES}`;
export const readerOf = (grant: number): string => `reader-${grant}`;
export const tokenOf = (system: string): string => `${system}-token-0123456789abcdef`;
export const grantIds = Array.from({ length: GRANTS }, (_, i) => `g-${i}`);
export const entryIndexes = Array.from({ length: ENTRIES }, (_, i) => i);

/** From this number on events are a test's own. */
export const NOT_OF_THE_LOAD = 1_000_000;

/** Event `number` of a source; those of the first source carry its own place. */
export function numbered(source: number, number: number): SourceEvent {
  const key = `k${number % 50}`;
  return {
    specversion: '1.0',
    id: `e${number}`,
    type: entryOf(source),
    op: 'create',
    data: { key, number },
    ...(source === 0 && { sourceposition: String(number), sourceepoch: 'one' }),
  };
}

export const CLUSTER_BUNDLE = {
  parties: ['registry', 'reader'].map((id) => ({ id, name: id, level: 'city', regionCode: '350100' })),
  systems: [
    ...entryIndexes.map((i) => ({ id: sourceOf(i), party: 'registry', may: ['publish'], token: tokenOf(sourceOf(i)) })),
    ...grantIds.map((_, i) => ({ id: readerOf(i), party: 'reader', may: ['subscribe'], token: tokenOf(readerOf(i)) })),
  ],
  entries: entryIndexes.map((i) => ({
    id: entryOf(i),
    name: `Entry ${i}`,
    sharingAttribute: 'conditional',
    items: [
      { name: 'key', type: 'string', identifier: true },
      { name: 'number', type: 'integer' },
    ],
  })),
  grants: grantIds.map((id, i) => ({
    id,
    system: readerOf(i),
    entry: entryOf(i),
    items: [{ name: 'key' }, { name: 'number' }],
    purpose: 'tests',
    basis: 'tests',
    period: { from: '2020-01-01', to: '2099-12-31' },
    history: 'all',
  })),
};
