import { Packr } from 'msgpackr';
import type { DeliveredEvent, DeliveredOp } from './event.js';
import type { Subprotocol } from './frames.js';
import { MessageWriter } from './message-writer.js';
import type { RecordCodec } from './record.js';

/** An event after row filter and projection: `record` holds the bytes of the granted items and nothing else. */
export interface ProjectedEvent {
  entry: string;
  position: number;
  timeMs: number;
  op: DeliveredOp;
  subject: string | undefined;
  record: Uint8Array | undefined;
  snapshotId: string | undefined;
  corrects: number | undefined;
}

/**
 * Builds `events` frames of one view in one encoding. A piece is one event, encoded once; a frame is its pieces put
 * together, so neither the number of sessions nor where a frame is cut costs another encoding.
 */
export interface EventEncoder<Piece extends string | Uint8Array = string | Uint8Array> {
  piece(event: ProjectedEvent): Piece;
  /** Bytes that the piece adds to a frame. */
  sizeOf(piece: Piece): number;
  frame(channel: number, through: number, pieces: readonly Piece[]): string | Uint8Array;
}

export function eventEncoder(protocol: Subprotocol, codec: RecordCodec): EventEncoder {
  switch (protocol) {
    case 'sluice.v1.json':
      return new JsonEventEncoder(codec) as EventEncoder;
    case 'sluice.v1.msgpack':
      return new MsgpackEventEncoder(codec) as EventEncoder;
    case 'sluice.v1.protobuf':
      return new ProtobufEventEncoder() as EventEncoder;
  }
}

/** The event as plain values, in the order of the contract; what a JSON or msgpack subscriber gets. */
export function toDeliveredEvent(event: ProjectedEvent, codec: RecordCodec): DeliveredEvent {
  const delivered: DeliveredEvent = {
    id: `${event.entry}@${event.position}`,
    position: event.position,
    type: event.entry,
    time: timeText(event.timeMs),
    op: event.op,
  };
  if (event.subject !== undefined) delivered.subject = event.subject;
  if (event.record !== undefined) delivered.data = codec.decode(event.record);
  if (event.snapshotId !== undefined) delivered.snapshotid = event.snapshotId;
  if (event.corrects !== undefined) delivered.corrects = event.corrects;
  return delivered;
}

let lastTimeMs = Number.NaN;
let lastTimeText = '';

/** Events come many to a millisecond, and each in several views. */
function timeText(timeMs: number): string {
  if (timeMs !== lastTimeMs) {
    lastTimeText = new Date(timeMs).toISOString();
    lastTimeMs = timeMs;
  }
  return lastTimeText;
}

class JsonEventEncoder implements EventEncoder<string> {
  constructor(private readonly codec: RecordCodec) {}

  piece(event: ProjectedEvent): string {
    return JSON.stringify(toDeliveredEvent(event, this.codec));
  }

  sizeOf(piece: string): number {
    return Buffer.byteLength(piece);
  }

  frame(channel: number, through: number, pieces: readonly string[]): string {
    return `{"kind":"events","channel":${channel},"through":${through},"events":[${pieces.join(',')}]}`;
  }
}

class MsgpackEventEncoder implements EventEncoder<Uint8Array> {
  readonly #packr = new Packr({ useRecords: false, variableMapSize: true });

  constructor(private readonly codec: RecordCodec) {}

  piece(event: ProjectedEvent): Uint8Array {
    return this.#packr.pack(toDeliveredEvent(event, this.codec));
  }

  sizeOf(piece: Uint8Array): number {
    return piece.length;
  }

  frame(channel: number, through: number, pieces: readonly Uint8Array[]): Uint8Array {
    // The frame is packed without its events; the empty array at its end is replaced by a header and the pieces.
    const head = this.#packr.pack({ kind: 'events', channel, through, events: [] });
    return Buffer.concat([head.subarray(0, head.length - 1), arrayHeader(pieces.length), ...pieces]);
  }
}

/** msgpack array 32: always the long form, so the header has one size. */
function arrayHeader(length: number): Uint8Array {
  const header = Buffer.alloc(5);
  header[0] = 0xdd;
  header.writeUInt32BE(length, 1);
  return header;
}

const writer = new MessageWriter();

/** Field numbers are those of proto/frames-proto.ts; a test decodes with that definition. */
class ProtobufEventEncoder implements EventEncoder<Uint8Array> {
  piece(event: ProjectedEvent): Uint8Array {
    writer.begin().varint(10).string(`${event.entry}@${event.position}`);
    writer.varint(16).varint(event.position);
    writer.varint(26).string(event.entry);
    if (event.subject !== undefined) writer.varint(34).string(event.subject);
    writer.varint(42).string(timeText(event.timeMs));
    writer.varint(50).string(event.op);
    if (event.record !== undefined) writer.varint(58).bytes(event.record);
    if (event.snapshotId !== undefined) writer.varint(66).string(event.snapshotId);
    if (event.corrects !== undefined) writer.varint(72).varint(event.corrects);
    return writer.finishAsField(26);
  }

  sizeOf(piece: Uint8Array): number {
    return piece.length;
  }

  frame(channel: number, through: number, pieces: readonly Uint8Array[]): Uint8Array {
    const head = writer.begin().varint(8).varint(channel).varint(16).varint(through).finish();
    let length = head.length;
    for (const piece of pieces) length += piece.length;
    const frameHead = writer.begin().varint(154).varint(length).finish();
    return Buffer.concat([frameHead, head, ...pieces], frameHead.length + length);
  }
}
