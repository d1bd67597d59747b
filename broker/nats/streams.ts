import type { StreamConfig, StreamInfo } from '@nats-io/jetstream';
import { DiscardPolicy, JetStreamApiError, RetentionPolicy, StorageType, StoreCompression } from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import { randomId } from '../../proto/random-id.js';
import type { Bus } from './bus.js';
import {
  ATTACHMENTS_STREAM,
  CURSORS_STREAM,
  eventStream,
  eventSubjects,
  LEDGER_STREAM,
  QUARANTINE_STREAM,
  RECEIPTS_STREAM,
  SUBJECTS,
} from './stream-names.js';

export {
  ATTACHMENTS_STREAM,
  CURSORS_STREAM,
  eventStream,
  LEDGER_STREAM,
  QUARANTINE_STREAM,
  RECEIPTS_STREAM,
} from './stream-names.js';

export interface StreamsOptions {
  /** Counts only when the store is new: partitions of entries are recorded, so their number never changes. */
  partitions: number;
  replicas: number;
  /** Limit of every EV stream; undefined leaves it to the server. */
  maxBytesPerPartition?: number | undefined;
  /** Limit of QUARANTINE, which anyone who may publish can fill; undefined leaves it to the server. */
  maxBytesQuarantine?: number | undefined;
}

export interface Store {
  partitions: number;
  /**
   * Log epoch of each partition. A position has a meaning within one epoch only. Undefined while a new epoch is being
   * agreed on.
   */
  logs: (string | undefined)[];
}

const PARTITIONS_KEY = 'sluice-partitions';
const LOG_KEY = 'sluice-log';
const NAME_IN_USE = 10058;
const NO_SUCH_STREAM = 10059;
const DAY_MS = 86_400_000;
/** Retention of refused events, in days: time to repair them, bounded by the law's data minimisation. */
const QUARANTINE_DAYS = 30;
/** Each id remembered costs the server about 220 bytes. */
const DUPLICATE_WINDOW_MS = 120_000;
/** Explicit, since the server's default differs by version. Each broker uses one per stream, and a few during boot. */
const CONSUMERS_MAX = 200;

/**
 * Creates missing streams and adjusts subjects, replicas and limits; an existing store keeps its number of partitions.
 */
export async function ensureStreams(bus: Bus, options: StreamsOptions): Promise<Store> {
  // The first partition is created first and records how many there are, so the next start finishes an interrupted one.
  const first = await ensureEventStream(bus, 0, options);
  const partitions = Number(first.config.metadata?.[PARTITIONS_KEY] ?? options.partitions);
  const settled = { ...options, partitions };
  const logs = [epochOf(first)];
  for (let p = 1; p < partitions; p++) logs.push(epochOf(await ensureEventStream(bus, p, settled)));
  for (const wanted of otherStreams(settled)) await ensureStream(bus, wanted);
  return { partitions, logs };
}

function otherStreams({ replicas, maxBytesQuarantine }: StreamsOptions): Wanted[] {
  const num_replicas = replicas;
  return [
    { name: LEDGER_STREAM, subjects: SUBJECTS.LEDGER, num_replicas },
    { name: RECEIPTS_STREAM, subjects: SUBJECTS.RECEIPTS, num_replicas },
    {
      name: QUARANTINE_STREAM,
      subjects: SUBJECTS.QUARANTINE,
      num_replicas,
      max_age: nanos(QUARANTINE_DAYS * DAY_MS),
      ...maxBytes(maxBytesQuarantine),
    },
    { name: CURSORS_STREAM, subjects: SUBJECTS.CURSORS, num_replicas, max_msgs_per_subject: 1 },
    { name: ATTACHMENTS_STREAM, subjects: SUBJECTS.ATTACHMENTS, num_replicas },
  ];
}

/** Configuration of every stream as it is created, without its metadata. */
export function expectedConfigs(options: StreamsOptions): (Partial<StreamConfig> & { name: string })[] {
  const events = Array.from({ length: options.partitions }, (_, partition) => {
    return { name: eventStream(partition), subjects: eventSubjects(partition), num_replicas: options.replicas };
  });
  return [...events, ...otherStreams(options)].map(configOf);
}

/** The log epoch that a stream names; '' for a stream that names none. */
export const epochOf = ({ config }: StreamInfo): string => config.metadata?.[LOG_KEY] ?? '';

/** Writes another epoch to a stream. Two concurrent writers undo each other's; `resolveEpoch` mends that. */
export async function setEpoch(bus: Bus, { config }: StreamInfo, log: string): Promise<void> {
  await bus.jsm.streams.update(config.name, { ...config, metadata: { ...config.metadata, [LOG_KEY]: log } });
}

function ensureEventStream(bus: Bus, partition: number, options: StreamsOptions): Promise<StreamInfo> {
  return ensureStream(bus, {
    name: eventStream(partition),
    subjects: eventSubjects(partition),
    num_replicas: options.replicas,
    metadata: { [PARTITIONS_KEY]: String(options.partitions), [LOG_KEY]: randomId() },
    ...maxBytes(options.maxBytesPerPartition),
  });
}

type Wanted = Partial<StreamConfig> & { name: string; subjects: string[]; num_replicas: number };

async function ensureStream(bus: Bus, wanted: Wanted): Promise<StreamInfo> {
  const existing = await findStream(bus, wanted.name);
  if (existing) return adjustStream(bus, existing, wanted);
  try {
    return await bus.jsm.streams.add(configOf(wanted));
  } catch (error) {
    // Another broker created it in between, with another epoch.
    if (error instanceof JetStreamApiError && error.code === NAME_IN_USE) return bus.jsm.streams.info(wanted.name);
    throw error;
  }
}

/** Undefined when the store has no such stream. */
export async function findStream(bus: Bus, name: string): Promise<StreamInfo | undefined> {
  try {
    return await bus.jsm.streams.info(name);
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === NO_SUCH_STREAM) return undefined;
    throw error;
  }
}

async function adjustStream(bus: Bus, existing: StreamInfo, wanted: Wanted): Promise<StreamInfo> {
  const { config } = existing;
  const limit = wanted.max_bytes ?? config.max_bytes;
  const isSame = config.num_replicas === wanted.num_replicas && config.max_bytes === limit;
  if (isSame && wanted.subjects.every((subject) => config.subjects?.includes(subject))) return existing;
  const { subjects, num_replicas } = wanted;
  return bus.jsm.streams.update(wanted.name, { ...config, subjects, num_replicas, max_bytes: limit });
}

/** Not compressed with replicas: a server that was killed and came back left blocks that it could not read. */
function configOf(wanted: Wanted): Wanted {
  const compression = wanted.num_replicas > 1 ? StoreCompression.None : StoreCompression.S2;
  return { ...COMMON, compression, ...wanted };
}

const COMMON: Partial<StreamConfig> = {
  retention: RetentionPolicy.Limits,
  storage: StorageType.File,
  // A full stream refuses new messages; nothing acknowledged is discarded.
  discard: DiscardPolicy.New,
  deny_delete: true,
  deny_purge: true,
  allow_direct: true,
  allow_atomic: true,
  allow_msg_ttl: true,
  duplicate_window: nanos(DUPLICATE_WINDOW_MS),
  max_consumers: CONSUMERS_MAX,
};

const maxBytes = (limit: number | undefined): Partial<StreamConfig> =>
  limit === undefined ? {} : { max_bytes: limit };
