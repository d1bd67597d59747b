import type { Test } from 'tap';
import { DeliveryStops } from '../../../broker/grants/delivery-stops.js';
import type { Grant } from '../../../broker/grants/grant.js';
import { Metrics } from '../../../broker/metrics/metrics.js';
import type { Bus } from '../../../broker/nats/bus.js';
import type { EmbeddedServer } from '../../../broker/nats/server/embedded-server.js';
import { ensureStreams } from '../../../broker/nats/streams.js';
import { openStream, type Stream } from '../../../broker/stream/open-stream.js';
import type { EntryLookup } from '../../../broker/stream/views/entry-fields.js';
import type { EntryVersion, NumberedItem } from '../../../proto/entry/entry.js';
import { fieldOf } from '../../../proto/entry/item-field.js';
import { encodeEnvelope, type StoredEvent } from '../../../proto/event/envelope.js';
import type { RecordData, SourceOp } from '../../../proto/event/event.js';
import { RecordCodec } from '../../../proto/event/record.js';
import { eventSubject } from '../../../proto/subject.js';
import { connect, startNats } from '../nats/nats.js';

const ITEMS: NumberedItem[] = [
  { name: 'id', number: 1, type: 'string', identifier: true },
  { name: 'name', number: 2, type: 'string' },
  { name: 'district', number: 3, type: 'code', filterable: true },
  { name: 'born', number: 4, type: 'date' },
  { name: 'secret', number: 5, type: 'string' },
];

/** The stream room on a real nats-server, with one entry of fixed items and grants that a test sets. */
export class StreamFixture {
  readonly #grants = new Map<string, Grant>();
  readonly #grantListeners = new Set<(grant: Grant) => void>();
  readonly #codec = new RecordCodec(ITEMS.map(fieldOf));
  readonly version: EntryVersion = {
    id: 'civil.person',
    version: 1,
    partition: 0,
    publishedAt: '2026-01-01T00:00:00Z',
    document: { id: 'civil.person', name: 'Person', sharingAttribute: 'unconditional', items: ITEMS },
    items: ITEMS,
    numbers: Object.fromEntries(ITEMS.map((item) => [item.name, item.number])),
  };
  readonly entries: EntryLookup = {
    published: (id) => (id === this.version.id ? this.version : undefined),
    version: (id) => (id === this.version.id ? this.version : undefined),
    onChange: () => () => undefined,
  };
  ledgerIsFresh = true;
  clock = Date.now;
  #seq = 0;

  constructor(
    readonly nats: EmbeddedServer,
    readonly bus: Bus,
  ) {}

  /** Opens a further stream on the same store, as another broker would; with `replicas` it reads as if the store had several. */
  async open(t: Test, { replicas = 1, bus: given }: { replicas?: number; bus?: Bus } = {}): Promise<Stream> {
    const bus = given ?? (await connect(t, this.nats));
    const store = await ensureStreams(bus, { partitions: 1, replicas: 1 });
    const fixture = this;
    const stream = openStream({
      bus,
      store,
      replicas,
      entries: this.entries,
      grants: {
        get: (id) => this.#grants.get(id),
        idsOf: (system) => [...this.#grants.values()].filter((grant) => grant.system === system).map(({ id }) => id),
        onChange: (fn) => {
          this.#grantListeners.add(fn);
          return () => this.#grantListeners.delete(fn);
        },
        stops: new DeliveryStops(),
      },
      ledger: {
        get isFresh() {
          return fixture.ledgerIsFresh;
        },
        append: async () => undefined,
        appendAll: async () => [],
      },
      metrics: new Metrics().stream,
      revocations: { lastByteSent: () => undefined },
      secret: 'test-secret',
      clock: () => fixture.clock(),
      heartbeatMs: 200,
      coalesceAbovePercent: 50,
      warn: (message, error) => t.comment(message, error),
    });
    await stream.start();
    t.teardown(() => stream.drain());
    return stream;
  }

  grant(change: Partial<Grant> & { id: string }): Grant {
    const grant: Grant = {
      system: 'reader',
      party: 'health',
      entry: this.version.id,
      items: [{ name: 'id' }, { name: 'name' }],
      purpose: 'test',
      basis: 'test',
      period: { from: '2020-01-01', to: '2099-12-31' },
      fromMs: 0,
      toMs: Date.UTC(2100, 0, 1),
      historyFromMs: 0,
      ledgerSeq: ++this.#seq,
      status: 'in_force',
      ...change,
    } as Grant;
    this.#grants.set(grant.id, grant);
    for (const listener of this.#grantListeners) listener(grant);
    return grant;
  }

  /** Stores an event as intake would; resolves with its position. */
  async publish(
    op: SourceOp,
    data: RecordData | undefined,
    more: Partial<StoredEvent> & { old?: RecordData } = {},
  ): Promise<number> {
    const { old, ...rest } = more;
    const event: StoredEvent = {
      op,
      entryVersion: 1,
      acceptedAtMs: Date.now(),
      keyId: 0,
      sourceId: 'not-delivered',
      subject: data === undefined ? undefined : String(data.id),
      data: data && this.#codec.encode(data),
      previous: old && this.#codec.encode(old),
      ...rest,
    };
    const subject = eventSubject(0, this.version.id, 'registry');
    const ack = await this.bus.publisher.publish({ subject, data: encodeEnvelope(event) });
    return ack.position;
  }
}

export async function startStreamFixture(t: Test): Promise<StreamFixture> {
  const nats = await startNats(t);
  const bus = await connect(t, nats);
  await ensureStreams(bus, { partitions: 1, replicas: 1 });
  return new StreamFixture(nats, bus);
}
