import type { EntryVersion } from '../../../proto/entry/entry.js';
import { decodeDeliverable } from '../../../proto/event/envelope.js';
import { entryFilter } from '../../../proto/subject.js';
import type { Catalog } from '../../catalog/catalog.js';
import type { Bus } from '../../nats/bus.js';
import { lastOf } from '../../nats/read/leader-get.js';
import { messagesOn, pagesOf } from '../../nats/read/log-reader.js';
import type { StoredMessage } from '../../nats/stored-message.js';
import { eventStream, QUARANTINE_STREAM } from '../../nats/stream-names.js';
import { daysBetweenUpdates } from '../../observe/late-entries.js';
import { momentOf } from '../clock/shanghai-days.js';

/** Quality of what an entry publishes (R18), from the log as it is kept. Shares are from 0 to 1, null without events. */
export interface EntryQuality {
  /** Share of accepted events among those that were sent; the others are in quarantine. */
  validity: number | null;
  /** Share of items with a value in the newest events, up to 500. */
  completeness: number | null;
  freshness: { promise: string | null; lastEventAt: string | null; late: boolean };
}

/** Events that completeness is judged by, and positions before the newest one among which they are looked for. */
const SAMPLE_EVENTS_MAX = 500;
const SAMPLE_POSITIONS = 50_000;
/** Positions that are looked at first, and by how much more each time: entries of one partition are seldom or frequent. */
const FIRST_POSITIONS = 50;
const POSITIONS_FACTOR = 4;
/** Bounds of one look, which reads from its oldest position on. */
const READ_EVENTS_MAX = SAMPLE_EVENTS_MAX * POSITIONS_FACTOR;
const READ_BYTES_MAX = 16 * 1024 * 1024;
const DAY_MS = 86_400_000;

export interface QualityDeps {
  bus: Bus;
  catalog: Catalog;
  /** Time of the bus, in milliseconds since 1970. */
  clock(): number;
}

export async function qualityOf({ bus, catalog, clock }: QualityDeps, version: EntryVersion): Promise<EntryQuality> {
  const { id, partition, document } = version;
  const [stream, filter] = [eventStream(partition), entryFilter(partition, id)];
  const [last, accepted, rejected] = await Promise.all([
    lastOf(bus, stream, filter),
    messagesOn(bus, stream, filter),
    messagesOn(bus, QUARANTINE_STREAM, `quarantine.${id}.*`),
  ]);
  const sent = accepted + rejected;
  const newest = last ? await newestEvents(bus, { stream, subject: filter, through: last.position }) : [];
  const sample = newest.map(({ data }) => decodeDeliverable(data));
  const shares = sample.flatMap(({ data, entryVersion }) => {
    const compiled = data && catalog.compiled(id, entryVersion);
    return compiled ? [filledShare(compiled.codec.decode(data), compiled.version.items)] : [];
  });
  const lastEventAtMs = last && decodeDeliverable(last.data).acceptedAtMs;
  const promise = typeof document.updateFrequency === 'string' ? document.updateFrequency : null;
  const days = daysBetweenUpdates(promise);
  const dueMs = (lastEventAtMs ?? Date.parse(version.publishedAt)) + (days ?? 0) * DAY_MS;
  return {
    validity: sent === 0 ? null : accepted / sent,
    completeness: shares.length === 0 ? null : shares.reduce((sum, one) => sum + one, 0) / shares.length,
    freshness: {
      promise,
      lastEventAt: lastEventAtMs === undefined ? null : momentOf(lastEventAtMs),
      late: days !== undefined && dueMs <= clock(),
    },
  };
}

interface NewestQuery {
  stream: string;
  subject: string;
  /** Position of the newest event. */
  through: number;
}

/** The newest events, up to 500: of the widest window before the newest one that is not too much to read. */
async function newestEvents(bus: Bus, query: NewestQuery): Promise<StoredMessage[]> {
  let newest: StoredMessage[] = [];
  for (let positions = FIRST_POSITIONS; ; positions = Math.min(positions * POSITIONS_FACTOR, SAMPLE_POSITIONS)) {
    const after = Math.max(0, query.through - positions);
    const read = await eventsBehind(bus, { ...query, after });
    if (!read) break;
    newest = read;
    if (newest.length >= SAMPLE_EVENTS_MAX || after === 0 || positions === SAMPLE_POSITIONS) break;
  }
  return newest.slice(-SAMPLE_EVENTS_MAX);
}

/** Undefined: more than one look may read. */
async function eventsBehind(bus: Bus, query: NewestQuery & { after: number }): Promise<StoredMessage[] | undefined> {
  const read: StoredMessage[] = [];
  let bytes = 0;
  for await (const page of pagesOf(bus, { ...query, limit: READ_EVENTS_MAX })) {
    read.push(...page);
    bytes += page.reduce((sum, { data }) => sum + data.length, 0);
    if (read.length > READ_EVENTS_MAX || bytes > READ_BYTES_MAX) return undefined;
  }
  return read;
}

function filledShare(data: Readonly<Record<string, unknown>>, items: readonly { name: string }[]): number {
  const filled = items.filter(({ name }) => data[name] !== undefined && data[name] !== null && data[name] !== '');
  return items.length === 0 ? 1 : filled.length / items.length;
}
