import { randomId } from '../../proto/random-id.js';
import type { Bus } from '../nats/bus.js';
import { lastOf } from '../nats/read/leader-get.js';
import { provenInfo } from '../nats/read/log-reader.js';
import { StoreUnavailableError, WrongExpectedSequenceError } from '../nats/store-errors.js';
import { CURSORS_STREAM, epochOf, eventStream, setEpoch } from '../nats/streams.js';

/** How far a log was seen, and in which of its epochs. */
export interface EpochMarker {
  log: string;
  position: number;
  /** Epochs that this one has replaced, the newest last; none for a log that never lost anything. */
  formers?: string[];
}

export interface StoredEpochMarker {
  marker: EpochMarker;
  /** Revision that the next write expects. */
  revision: number;
}

export interface ResolvedEpoch {
  log: string;
  last: number;
  stored: StoredEpochMarker | undefined;
}

/** A stalled writer would have to miss this many epochs of one log to resurrect an old one. */
const PREVIOUS_EPOCHS_MAX = 16;
/** Each further attempt means that another process wrote in between, and every process writes once per truncation. */
const ATTEMPTS = 20;

const markerSubject = (partition: number): string => `mark.log.${partition}`;

export async function readEpochMarker(bus: Bus, partition: number): Promise<StoredEpochMarker | undefined> {
  const message = await lastOf(bus, CURSORS_STREAM, markerSubject(partition));
  if (!message) return undefined;
  return { marker: JSON.parse(Buffer.from(message.data).toString()) as EpochMarker, revision: message.position };
}

/** Rejects with WrongExpectedSequenceError when another marker was written since that revision was read. */
export async function writeEpochMarker(
  bus: Bus,
  partition: number,
  mark: EpochMarker,
  revision: number,
): Promise<void> {
  const data = Buffer.from(JSON.stringify(mark));
  await bus.publisher.publish({ subject: markerSubject(partition), data, expectLastSubject: revision });
}

/**
 * Returns the present epoch of a log and how far the log goes. When another process has decided on a new epoch and not
 * written it to the stream yet, or a late writer brought an old one back, that is mended first.
 */
export async function resolveEpoch(bus: Bus, partition: number): Promise<ResolvedEpoch> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    // In this order: an epoch that the stream does not name yet cannot have been replaced meanwhile.
    const stored = await readEpochMarker(bus, partition);
    const info = await provenInfo(bus, eventStream(partition));
    const named = epochOf(info);
    if (!stored?.marker.formers?.includes(named)) return { log: named, last: info.state.last_seq, stored };
    await setEpoch(bus, info, stored.marker.log);
  }
  throw new StoreUnavailableError(`the epoch of ${eventStream(partition)} keeps changing`, false);
}

/**
 * Starts a new epoch for a log that was restored or truncated. Resolves with its id, which is the same for all
 * processes that knew the same previous epoch: the first to replace the log's marker decides. Safe to repeat after a
 * failure.
 */
export async function startEpoch(bus: Bus, partition: number, known: string): Promise<string> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const { log, last, stored } = await resolveEpoch(bus, partition);
    if (log !== known) return log;
    const formers = [...(stored?.marker.formers ?? []), known].slice(-PREVIOUS_EPOCHS_MAX);
    const mark = { log: randomId(), position: last, formers };
    // Whoever won: the next iteration finds the winner in the marker and writes it to the stream.
    await writeEpochMarker(bus, partition, mark, stored?.revision ?? 0).catch(ignoreConflict);
  }
  throw new StoreUnavailableError(`the epoch of ${eventStream(partition)} keeps changing`, false);
}

function ignoreConflict(error: unknown): void {
  if (!(error instanceof WrongExpectedSequenceError)) throw error;
}
