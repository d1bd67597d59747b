import { decodeEnvelope } from '../../proto/envelope.js';
import { quarantineSubject } from '../../proto/subject.js';
import type { Bus } from '../nats/bus.js';
import { lastOf, lastPerSubject, readAfter } from '../nats/log-reader.js';
import type { StoredMessage } from '../nats/stored-message.js';
import { CURSORS_STREAM, QUARANTINE_STREAM } from '../nats/streams.js';
import { decodeRecord, type HeadRecord, headSubject, type MarkRecord, markFilter } from './mark-record.js';
import { decodeQuarantined } from './quarantine-record.js';
import type { CheckpointHead, SourceMarks } from './source-marks.js';

/** Messages per read; the bytes keep a page of large events small. */
const PAGE_MESSAGES = 1_000;
const PAGE_BYTES = 4 * 1024 * 1024;

/** Brings the marks of a source up to what the store holds. Rejects when the store can not be read. */
export async function recoverMarks(bus: Bus, source: SourceMarks): Promise<void> {
  // The head comes before the marks, which are then at least as new as it says.
  if (!source.head) source.head = await readHead(bus, source);
  if (!source.isLoaded) await loadCheckpoint(bus, source, source.head);
  await readQuarantine(bus, source);
  await readLog(bus, source);
  source.isCurrent = true;
}

async function readHead(bus: Bus, source: SourceMarks): Promise<CheckpointHead> {
  const head = await lastOf(bus, CURSORS_STREAM, headSubject(source.entry, source.system));
  if (!head) return { sequence: 0, through: 0, quarantineThrough: 0 };
  return { ...decodeRecord<HeadRecord>(head.data), sequence: head.position };
}

async function loadCheckpoint(bus: Bus, source: SourceMarks, head: CheckpointHead): Promise<void> {
  const { entry, system } = source;
  const records = head.sequence === 0 ? [] : await lastPerSubject(bus, CURSORS_STREAM, markFilter(entry, system));
  for (const { subject, data } of records) {
    if (subject === headSubject(entry, system)) continue;
    const { epoch, sourceposition, position } = decodeRecord<MarkRecord>(data);
    const mark = source.epoch(epoch);
    mark.raise(sourceposition, position);
    mark.isDirty = false;
  }
  source.through = head.through;
  source.quarantineThrough = head.quarantineThrough;
  source.isLoaded = true;
}

async function readLog(bus: Bus, source: SourceMarks): Promise<void> {
  const { stream, subject } = source;
  const last = (await lastOf(bus, stream, subject))?.position ?? 0;
  await readUntil(bus, { stream, subject, after: source.through, last }, (message) => {
    const { sourcePosition, sourceEpoch } = decodeEnvelope(message.data);
    if (sourcePosition !== undefined) source.epoch(sourceEpoch ?? '').raise(sourcePosition, message.position);
  });
  // Lower than before when the newest messages have expired, or the log has lost its tail.
  source.advance(last);
}

async function readQuarantine(bus: Bus, source: SourceMarks): Promise<void> {
  const subject = quarantineSubject(source.entry, source.system);
  const last = (await lastOf(bus, QUARANTINE_STREAM, subject))?.position ?? 0;
  const range = { stream: QUARANTINE_STREAM, subject, after: source.quarantineThrough, last };
  await readUntil(bus, range, (message) => {
    const { sourceposition, sourceepoch } = decodeQuarantined(message.data);
    if (sourceposition !== undefined) source.epoch(sourceepoch ?? '').raise(sourceposition, undefined);
  });
  source.quarantineThrough = Math.max(last, source.quarantineThrough);
}

interface Range {
  stream: string;
  subject: string;
  after: number;
  last: number;
}

/** Ends by itself: every page moves on, and `last` was there when the reading began. */
async function readUntil(bus: Bus, range: Range, onMessage: (message: StoredMessage) => void): Promise<void> {
  const { stream, subject, last } = range;
  let after = range.after;
  while (after < last) {
    const page = await readAfter(bus, { stream, subject, after, limit: PAGE_MESSAGES, maxBytes: PAGE_BYTES });
    for (const message of page) onMessage(message);
    const end = page.at(-1);
    if (!end) return;
    after = end.position;
  }
}
