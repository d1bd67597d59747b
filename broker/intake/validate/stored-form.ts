import { encodeEnvelope, type UnwrittenEvent } from '../../../proto/event/envelope.js';
import type { SourceOp } from '../../../proto/event/event.js';
import type { Memory } from '../../../proto/event/message-writer.js';
import type { CompiledEntry } from '../../catalog/compiled-entry.js';
import type { CheckedRecord } from './event-rules.js';
import type { RawEvent } from './event-shape.js';

/** Reserved for erasure by key: nothing is encrypted yet. */
const NOT_ENCRYPTED = 0;

/** The bytes of a validated event as they are stored in the log. */
export function storedForm(
  event: RawEvent,
  record: CheckedRecord,
  entry: CompiledEntry,
  acceptedAtMs: number,
  memory: Memory | undefined,
): Uint8Array {
  const envelope: UnwrittenEvent = {
    op: event.op as SourceOp,
    entryVersion: entry.version.version,
    acceptedAtMs,
    keyId: NOT_ENCRYPTED,
    subject: record.subject,
    data: record.data && { codec: entry.codec, data: record.data },
    previous: record.previous && { codec: entry.previousCodec, data: record.previous },
    sourceId: event.id as string,
    sourceTime: optional<string>(event.time),
    sourcePosition: optional<string>(event.sourceposition),
    sourceEpoch: optional<string>(event.sourceepoch),
    snapshotId: optional<string>(event.snapshotid),
    corrects: optional<number>(event.corrects),
  };
  return encodeEnvelope(envelope, memory);
}

const optional = <Value>(value: unknown): Value | undefined => (value ?? undefined) as Value | undefined;
