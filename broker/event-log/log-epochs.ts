import type { Bus } from '../nats/bus.js';
import { lastOf, provenInfo } from '../nats/read/log-reader.js';
import { StoreUnavailableError, WrongExpectedSequenceError } from '../nats/store-errors.js';
import { CURSORS_STREAM, epochOf, eventStream, newEpochId, setEpoch } from '../nats/streams.js';

/** How far a log was seen, and in which of its lives. */
export interface EpochMarker {
  log: string;
  position: number;
  /** Lives that this one has replaced, the newest last; none in a log that never lost anything. */
  formers?: string[];
}

export interface StoredEpochMarker {
  marker: EpochMarker;
  /** What the next write expects. */
  revision: number;
}

export interface ResolvedEpoch {
  log: string;
  last: number;
  stored: StoredEpochMarker | undefined;
}

/** A writer would have to sleep through more lives of one log than this to bring an old name back. */
const PREVIOUS_EPOCHS_MAX = 16;
/** Each further one means that another process wrote in between, and every process writes once for a loss. */
const ATTEMPTS = 20;

const markerSubject = (partition: number): string => `mark.log.${partition}`;

export async function readEpochMarker(bus: Bus, partition: number): Promise<StoredEpochMarker | undefined> {
  const message = await lastOf(bus, CURSORS_STREAM, markerSubject(partition));
  if (!message) return undefined;
  return { marker: JSON.parse(Buffer.from(message.data).toString()) as EpochMarker, revision: message.position };
}

/** Rejects with WrongExpectedSequenceError when another one was written since that revision was read. */
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
 * The present life of a log, and how far the log goes. When another process has decided on a new one and not got as far as
 * writing it to the stream, or a late writer brought an old one back, that is mended first.
 */
export async function resolveEpoch(bus: Bus, partition: number): Promise<ResolvedEpoch> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    // In this order: a life that the stream does not name yet can't have been replaced by another one meanwhile.
    const stored = await readEpochMarker(bus, partition);
    const info = await provenInfo(bus, eventStream(partition));
    const named = epochOf(info);
    if (!stored?.marker.formers?.includes(named)) return { log: named, last: info.state.last_seq, stored };
    await setEpoch(bus, info, stored.marker.log);
  }
  throw new StoreUnavailableError(`the life of ${eventStream(partition)} keeps changing`, false);
}

/**
 * Gives a log a new life after it was restored or has lost its tail. Resolves with its id, which is the same for all that
 * knew the same former life: the first who replaces the log's mark decides. Safe to repeat after a failure.
 */
export async function startEpoch(bus: Bus, partition: number, known: string): Promise<string> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const { log, last, stored } = await resolveEpoch(bus, partition);
    if (log !== known) return log;
    const formers = [...(stored?.marker.formers ?? []), known].slice(-PREVIOUS_EPOCHS_MAX);
    const mark = { log: newEpochId(), position: last, formers };
    // Whoever won: the next turn finds it in the mark and writes it to the stream.
    await writeEpochMarker(bus, partition, mark, stored?.revision ?? 0).catch(ignoreConflict);
  }
  throw new StoreUnavailableError(`the life of ${eventStream(partition)} keeps changing`, false);
}

function ignoreConflict(error: unknown): void {
  if (!(error instanceof WrongExpectedSequenceError)) throw error;
}
