import { type RecordData, SOURCE_OPS, type SourceOp } from './event.js';
import { type Memory, MessageWriter } from './message-writer.js';
import { Reader } from './protobuf.js';
import type { RecordCodec } from './record.js';

/** Version of the stored envelope; a reader refuses versions newer than it knows. */
const ENVELOPE_FORMAT = 1;

/** An event as it is stored in the log. `data` and `previous` are records in canonical form and stay encoded. */
export interface StoredEvent {
  op: SourceOp;
  entryVersion: number;
  acceptedAtMs: number;
  /** Reserved for erasure by key; 0 means not encrypted. */
  keyId: number;
  subject?: string | undefined;
  data?: Uint8Array | undefined;
  previous?: Uint8Array | undefined;
  /** The source's own id, time and position are never delivered. */
  sourceId: string;
  sourceTime?: string | undefined;
  sourcePosition?: string | undefined;
  sourceEpoch?: string | undefined;
  snapshotId?: string | undefined;
  corrects?: number | undefined;
}

/** The attributes of a stored event that delivery needs. */
export type DeliverableEvent = Omit<StoredEvent, 'sourceId' | 'sourceTime' | 'sourcePosition' | 'sourceEpoch'>;

/** A record that is encoded where it is written. */
export interface UnwrittenRecord {
  codec: RecordCodec;
  data: RecordData;
}

export type UnwrittenEvent = Omit<StoredEvent, 'data' | 'previous'> & {
  data?: Uint8Array | UnwrittenRecord | undefined;
  previous?: Uint8Array | UnwrittenRecord | undefined;
};

const LENGTH_DELIMITED = 2;
const tag = (number: number, wireType: number): number => (number << 3) | wireType;

/** Field numbers of the envelope; permanent, like those of entries. */
const FIELD = {
  format: 1,
  op: 2,
  entryVersion: 3,
  acceptedAtMs: 4,
  keyId: 5,
  subject: 6,
  data: 7,
  previous: 8,
  snapshotId: 9,
  corrects: 10,
  sourceId: 16,
  sourceTime: 17,
  sourcePosition: 18,
  sourceEpoch: 19,
} as const;

export class EnvelopeError extends Error {
  override readonly name = 'EnvelopeError';
}

const writer = new MessageWriter();

export function encodeEnvelope(event: UnwrittenEvent, memory?: Memory): Uint8Array {
  writer.begin().varint(tag(FIELD.format, 0)).varint(ENVELOPE_FORMAT);
  writer.varint(tag(FIELD.op, 0)).varint(SOURCE_OPS.indexOf(event.op));
  writer.varint(tag(FIELD.entryVersion, 0)).varint(event.entryVersion);
  writer.varint(tag(FIELD.acceptedAtMs, 0)).varint(event.acceptedAtMs);
  if (event.keyId !== 0) writer.varint(tag(FIELD.keyId, 0)).varint(event.keyId);
  text(FIELD.subject, event.subject);
  record(FIELD.data, event.data);
  record(FIELD.previous, event.previous);
  text(FIELD.snapshotId, event.snapshotId);
  if (event.corrects !== undefined) writer.varint(tag(FIELD.corrects, 0)).varint(event.corrects);
  text(FIELD.sourceId, event.sourceId);
  text(FIELD.sourceTime, event.sourceTime);
  text(FIELD.sourcePosition, event.sourcePosition);
  text(FIELD.sourceEpoch, event.sourceEpoch);
  return writer.finish(memory);
}

function record(field: number, value: Uint8Array | UnwrittenRecord | undefined): void {
  if (value === undefined) return;
  writer.varint(tag(field, LENGTH_DELIMITED));
  if (value instanceof Uint8Array) writer.bytes(value);
  else {
    const start = writer.open();
    value.codec.write(value.data, writer);
    writer.close(start);
  }
}

function text(field: number, value: string | undefined): void {
  if (value !== undefined) writer.varint(tag(field, LENGTH_DELIMITED)).string(value);
}

/** Decodes every field of the envelope. */
export function decodeEnvelope(bytes: Uint8Array): StoredEvent {
  const event: StoredEvent = { ...emptyEvent(), sourceId: '' };
  read(bytes, event, (field, reader, wireType) => {
    if (field === FIELD.sourceId) event.sourceId = reader.string();
    else if (field === FIELD.sourceTime) event.sourceTime = reader.string();
    else if (field === FIELD.sourcePosition) event.sourcePosition = reader.string();
    else if (field === FIELD.sourceEpoch) event.sourceEpoch = reader.string();
    else reader.skipType(wireType);
  });
  return event;
}

/** Decodes only the fields that delivery needs: the hot path neither reads nor holds what the source chose freely. */
export function decodeDeliverable(bytes: Uint8Array): DeliverableEvent {
  const event = emptyEvent();
  read(bytes, event, (_field, reader, wireType) => reader.skipType(wireType));
  return event;
}

function emptyEvent(): DeliverableEvent {
  return {
    op: 'create',
    entryVersion: 0,
    acceptedAtMs: 0,
    keyId: 0,
    subject: undefined,
    data: undefined,
    previous: undefined,
    snapshotId: undefined,
    corrects: undefined,
  };
}

type OtherField = (field: number, reader: Reader, wireType: number) => void;

function read(bytes: Uint8Array, event: DeliverableEvent, other: OtherField): void {
  const reader = Reader.create(bytes);
  checkFormat(reader);
  while (reader.pos < reader.len) {
    const head = reader.uint32();
    switch (head >>> 3) {
      case FIELD.op:
        event.op = opOf(reader.uint32());
        break;
      case FIELD.entryVersion:
        event.entryVersion = reader.uint32();
        break;
      case FIELD.acceptedAtMs:
        event.acceptedAtMs = reader.uint64() as unknown as number;
        break;
      case FIELD.keyId:
        event.keyId = reader.uint32();
        break;
      case FIELD.subject:
        event.subject = reader.string();
        break;
      case FIELD.data:
        event.data = reader.bytes();
        break;
      case FIELD.previous:
        event.previous = reader.bytes();
        break;
      case FIELD.snapshotId:
        event.snapshotId = reader.string();
        break;
      case FIELD.corrects:
        event.corrects = reader.uint64() as unknown as number;
        break;
      default:
        other(head >>> 3, reader, head & 7);
    }
  }
}

/** The format is the first field, so that no field is read by the rules of another format. */
function checkFormat(reader: Reader): void {
  const format = reader.len > 0 && reader.uint32() === tag(FIELD.format, 0) ? reader.uint32() : 'none';
  if (format !== ENVELOPE_FORMAT)
    throw new EnvelopeError(`stored envelope has format ${format}, this broker reads ${ENVELOPE_FORMAT}`);
}

function opOf(index: number): SourceOp {
  const op = SOURCE_OPS[index];
  if (op === undefined) throw new EnvelopeError(`stored envelope has unknown op ${index}`);
  return op;
}
