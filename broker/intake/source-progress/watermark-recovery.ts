import { decodeEnvelope } from '../../../proto/event/envelope.js';
import { quarantineSubject } from '../../../proto/subject.js';
import type { Bus } from '../../nats/bus.js';
import { lastOf } from '../../nats/read/leader-get.js';
import { lastPerSubject, pagesOf, type ReadAfter } from '../../nats/read/log-reader.js';
import { CURSORS_STREAM, QUARANTINE_STREAM } from '../../nats/streams.js';
import { decodeQuarantined } from '../quarantine/quarantine-record.js';
import type { CheckpointHead, SourceProgress } from './source-progress.js';
import {
  decodeRecord,
  type HeadRecord,
  headSubject,
  type WatermarkRecord,
  watermarkFilter,
} from './watermark-record.js';

/** Caps of one page that is read; the bytes matter for large events. */
const PAGE_MESSAGES = 1_000;
const PAGE_BYTES = 4 * 1024 * 1024;

/** Brings the watermarks of a source up to what the store holds. Rejects when the store cannot be read. */
export async function recoverWatermarks(bus: Bus, source: SourceProgress): Promise<void> {
  // Read the head before the watermarks, which are then at least as new as it says.
  const head = await readHead(bus, source);
  source.head ??= head;
  if (!source.isLoaded || reachesFurther(head, source)) await loadCheckpoint(bus, source, head);
  await readQuarantine(bus, source);
  await readLog(bus, source);
  // A checkpoint that was refused meanwhile has cleared the head again.
  source.isCurrent = source.head !== undefined;
}

/** Another broker has written the head since, and the events that it read may have expired. */
function reachesFurther(head: CheckpointHead, source: SourceProgress): boolean {
  return head.through > source.through || head.quarantineThrough > source.quarantineThrough;
}

async function readHead(bus: Bus, source: SourceProgress): Promise<CheckpointHead> {
  const head = await lastOf(bus, CURSORS_STREAM, headSubject(source.entry, source.system));
  if (!head) return { sequence: 0, through: 0, quarantineThrough: 0 };
  return { ...decodeRecord<HeadRecord>(head.data), sequence: head.position };
}

async function loadCheckpoint(bus: Bus, source: SourceProgress, head: CheckpointHead): Promise<void> {
  const { entry, system } = source;
  const records = head.sequence === 0 ? [] : await lastPerSubject(bus, CURSORS_STREAM, watermarkFilter(entry, system));
  for (const { subject, data } of records) {
    if (subject === headSubject(entry, system)) continue;
    const { epoch, sourceposition, position } = decodeRecord<WatermarkRecord>(data);
    const progress = source.epoch(epoch);
    if (progress.covers(sourceposition)) continue;
    progress.advance(sourceposition, position);
    progress.isDirty = false;
  }
  source.through = Math.max(source.through, head.through);
  source.quarantineThrough = Math.max(source.quarantineThrough, head.quarantineThrough);
  source.isLoaded = true;
}

async function readLog(bus: Bus, source: SourceProgress): Promise<void> {
  const { stream, subject } = source;
  const last = (await lastOf(bus, stream, subject))?.position ?? 0;
  for await (const page of pagesOf(bus, range(stream, subject, source.through, last))) {
    for (const { data, position } of page) {
      const { sourcePosition, sourceEpoch } = decodeEnvelope(data);
      if (sourcePosition !== undefined) source.epoch(sourceEpoch ?? '').advance(sourcePosition, position);
    }
  }
  // Lower than before when the newest messages have expired, or the log was truncated.
  source.reached(last);
}

async function readQuarantine(bus: Bus, source: SourceProgress): Promise<void> {
  const subject = quarantineSubject(source.entry, source.system);
  const last = (await lastOf(bus, QUARANTINE_STREAM, subject))?.position ?? 0;
  for await (const page of pagesOf(bus, range(QUARANTINE_STREAM, subject, source.quarantineThrough, last))) {
    for (const { data } of page) {
      const { sourceposition, sourceepoch } = decodeQuarantined(data);
      if (sourceposition !== undefined) source.epoch(sourceepoch ?? '').advance(sourceposition, undefined);
    }
  }
  source.quarantineThrough = Math.max(last, source.quarantineThrough);
}

/** The range ends at `through`, which existed when the reading began: a busy source would never let it end. */
function range(stream: string, subject: string, after: number, through: number): ReadAfter & { through: number } {
  return { stream, subject, after, through, limit: PAGE_MESSAGES, maxBytes: PAGE_BYTES };
}
