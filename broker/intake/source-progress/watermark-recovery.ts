import { decodeEnvelope } from '../../../proto/event/envelope.js';
import { quarantineSubject } from '../../../proto/subject.js';
import type { Bus } from '../../nats/bus.js';
import { lastOf, lastPerSubject, pagesOf, type ReadAfter } from '../../nats/read/log-reader.js';
import { CURSORS_STREAM, QUARANTINE_STREAM } from '../../nats/streams.js';
import { decodeQuarantined } from '../quarantine/quarantine-record.js';
import type { CheckpointHead, SourceWatermarks } from './source-watermarks.js';
import {
  decodeRecord,
  type HeadRecord,
  headSubject,
  type WatermarkRecord,
  watermarkFilter,
} from './watermark-record.js';

/** Messages per read; the bytes keep a page of large events small. */
const PAGE_MESSAGES = 1_000;
const PAGE_BYTES = 4 * 1024 * 1024;

/** Brings the marks of a source up to what the store holds. Rejects when the store can not be read. */
export async function recoverWatermarks(bus: Bus, source: SourceWatermarks): Promise<void> {
  // The head comes before the marks, which are then at least as new as it says.
  const head = await readHead(bus, source);
  source.head ??= head;
  if (!source.isLoaded || reachesFurther(head, source)) await loadCheckpoint(bus, source, head);
  await readQuarantine(bus, source);
  await readLog(bus, source);
  // A checkpoint that was refused meanwhile has taken the head away again.
  source.isCurrent = source.head !== undefined;
}

/** Another broker has written it, and what it has read may have ended by age since. */
function reachesFurther(head: CheckpointHead, source: SourceWatermarks): boolean {
  return head.through > source.through || head.quarantineThrough > source.quarantineThrough;
}

async function readHead(bus: Bus, source: SourceWatermarks): Promise<CheckpointHead> {
  const head = await lastOf(bus, CURSORS_STREAM, headSubject(source.entry, source.system));
  if (!head) return { sequence: 0, through: 0, quarantineThrough: 0 };
  return { ...decodeRecord<HeadRecord>(head.data), sequence: head.position };
}

async function loadCheckpoint(bus: Bus, source: SourceWatermarks, head: CheckpointHead): Promise<void> {
  const { entry, system } = source;
  const records = head.sequence === 0 ? [] : await lastPerSubject(bus, CURSORS_STREAM, watermarkFilter(entry, system));
  for (const { subject, data } of records) {
    if (subject === headSubject(entry, system)) continue;
    const { epoch, sourceposition, position } = decodeRecord<WatermarkRecord>(data);
    const mark = source.epoch(epoch);
    if (mark.covers(sourceposition)) continue;
    mark.advance(sourceposition, position);
    mark.isDirty = false;
  }
  source.through = Math.max(source.through, head.through);
  source.quarantineThrough = Math.max(source.quarantineThrough, head.quarantineThrough);
  source.isLoaded = true;
}

async function readLog(bus: Bus, source: SourceWatermarks): Promise<void> {
  const { stream, subject } = source;
  const last = (await lastOf(bus, stream, subject))?.position ?? 0;
  for await (const page of pagesOf(bus, range(stream, subject, source.through, last))) {
    for (const { data, position } of page) {
      const { sourcePosition, sourceEpoch } = decodeEnvelope(data);
      if (sourcePosition !== undefined) source.epoch(sourceEpoch ?? '').advance(sourcePosition, position);
    }
  }
  // Lower than before when the newest messages have expired, or the log has lost its tail.
  source.advance(last);
}

async function readQuarantine(bus: Bus, source: SourceWatermarks): Promise<void> {
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

/** Ends at `through`, which was there when the reading began. */
function range(stream: string, subject: string, after: number, through: number): ReadAfter & { through: number } {
  return { stream, subject, after, through, limit: PAGE_MESSAGES, maxBytes: PAGE_BYTES };
}
