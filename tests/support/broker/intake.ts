import type { Test } from 'tap';
import { EntryCompiler } from '../../../broker/catalog/compiled-entry.js';
import { EventResults } from '../../../broker/intake/event-results.js';
import { Intake } from '../../../broker/intake/intake.js';
import { INTAKE_LIMITS, type IntakeLimits } from '../../../broker/intake/intake-limits.js';
import { WaitingEvent } from '../../../broker/intake/queue/waiting-event.js';
import { NO_QUOTAS, type QuotaLimits } from '../../../broker/intake/quotas/quotas.js';
import { Metrics } from '../../../broker/metrics/metrics.js';
import type { Bus } from '../../../broker/nats/bus.js';
import { readAfter } from '../../../broker/nats/read/log-reader.js';
import type { StoredMessage } from '../../../broker/nats/stored-message.js';
import { ensureStreams, eventStream, type StreamsOptions } from '../../../broker/nats/streams.js';
import type { SystemCaller } from '../../../broker/parties/caller.js';
import { QuotaNotice } from '../../../broker/parties/quotas/quota-notice.js';
import type { EntryVersion, Item } from '../../../proto/entry/entry.js';
import { decodeEnvelope, type StoredEvent } from '../../../proto/event/envelope.js';
import type { PublishResult, SourceEventInput } from '../../../proto/frames/frames.js';

/** Published entries written by hand, compiled by the real compiler without ledger and catalog service. */
export function handMadeEntries(
  documents: { id: string; items: Item[]; retentionDays?: number; partition?: number }[],
) {
  const compiler = new EntryCompiler();
  const compiled = new Map(
    documents.map(({ partition = 0, ...document }) => {
      const items = document.items.map((item, i) => ({ ...item, number: i + 1 }));
      const version: EntryVersion = {
        id: document.id,
        version: 1,
        partition,
        publishedAt: '2026-01-01T00:00:00Z',
        document: { name: document.id, sharingAttribute: 'conditional', ...document },
        items,
        numbers: Object.fromEntries(items.map((item) => [item.name, item.number])),
      };
      return [document.id, compiler.compile(version)];
    }),
  );
  return { compiled: (id: string) => compiled.get(id) };
}

export const BIRTHS = 'civil.birth';
export const TOWNS = 'civil.place';
export const SAMPLES = 'civil.sample';
export const ENTRIES = handMadeEntries([
  {
    id: BIRTHS,
    items: [
      { name: 'idNumber', type: 'string', identifier: true, maxLength: 18 },
      { name: 'name', type: 'string' },
      { name: 'weight', type: 'integer' },
      { name: 'remarks', type: 'string', list: true },
      { name: 'extra', type: 'object' },
    ],
  },
  {
    id: TOWNS,
    items: [
      { name: 'number', type: 'integer', identifier: true },
      { name: 'region', type: 'string', filterable: true, maxLength: 6 },
      { name: 'label', type: 'string' },
    ],
  },
  {
    id: SAMPLES,
    items: [
      { name: 'id', type: 'string', identifier: true },
      { name: 'amount', type: 'decimal' },
      { name: 'amounts', type: 'decimal', list: true },
      { name: 'rate', type: 'number' },
      { name: 'rates', type: 'number', list: true },
      { name: 'at', type: 'datetime', filterable: true },
      { name: 'days', type: 'date', list: true },
    ],
  },
  { id: 'other.thing', items: [{ name: 'id', type: 'string', identifier: true }] },
]);

export const REGISTRY: SystemCaller = { kind: 'system', id: 'registry', party: 'civil', may: ['publish'] };

/** A valid event of BIRTHS; `over` replaces attributes of it. */
export function birth(id: string, over: Record<string, unknown> = {}): SourceEventInput {
  const key = String(over.subject ?? `key-${id}`).slice(0, 18);
  const event = { specversion: '1.0', id, type: BIRTHS, subject: key, op: 'create', data: { idNumber: key }, ...over };
  return event as unknown as SourceEventInput;
}

/** A valid event of BIRTHS with a source position. */
export const positioned = (position: string, over: Record<string, unknown> = {}): SourceEventInput =>
  birth(`at-${position}`, { sourceposition: position, ...over });

export async function startIntake(
  t: Test,
  bus: Bus,
  limits: Partial<IntakeLimits> = {},
  streams: Partial<StreamsOptions> = {},
  onQuarantineMissed?: (message: string) => void,
  quotas: Partial<QuotaLimits> = {},
  isLedgerFollowed: () => boolean = () => true,
  metrics = new Metrics(),
): Promise<Intake> {
  const store = await ensureStreams(bus, { partitions: 2, replicas: 1, ...streams });
  const intake = new Intake({
    replicas: 1,
    bus,
    store,
    catalog: ENTRIES,
    metrics,
    quotaNotice: new QuotaNotice({ clockMs: () => performance.now(), metrics: metrics.quotas, report: () => {} }),
    clock: Date.now,
    limits: { ...INTAKE_LIMITS, ...limits },
    quotas: { ...NO_QUOTAS, ...quotas },
    isLedgerFollowed,
    onQuarantineMissed,
    onUnexpected: (error) => t.error(error, 'no unforeseen error happens'),
  });
  t.teardown(() => intake.drain());
  return intake;
}

export const publish = (intake: Intake, events: SourceEventInput[], caller = REGISTRY): Promise<PublishResult[]> =>
  intake.publish(caller, events);

/** An event in the queue of its partition, as far as the progress of its source needs it. */
export function waitingEvent(position: string, arrival: number, flow: object = FLOW): WaitingEvent {
  const route = { system: 's', entry: 'a.b', subject: 'ev.0.a.b.s', partition: 0, ttlSeconds: undefined };
  const sourcePosition = { position, epoch: '' };
  const fields = { id: position, op: 'create', route, sourcePosition, arrival, flow } as const;
  return new WaitingEvent({ ...fields, bytes: undefined, refusal: undefined }, new EventResults(1), 0);
}

const FLOW = {};

/** The log of a partition from its beginning. */
export async function readLog(bus: Bus, partition = 0): Promise<{ position: number; event: StoredEvent }[]> {
  const messages = await readAll(bus, eventStream(partition), `ev.${partition}.>`);
  return messages.map(({ position, data }) => ({ position, event: decodeEnvelope(data) }));
}

export async function readAll(bus: Bus, stream: string, subject: string): Promise<StoredMessage[]> {
  const all: StoredMessage[] = [];
  for (;;) {
    const page = await readAfter(bus, { stream, subject, after: all.at(-1)?.position ?? 0, limit: 1000 });
    if (page.length === 0) return all;
    all.push(...page);
  }
}
