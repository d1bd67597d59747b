import { Packr } from 'msgpackr';
import type { DeliveredEvent, DeliveredOp } from './event.js';
import type { Subprotocol } from './frames.js';
import { Writer } from './protobuf.js';
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
    time: new Date(event.timeMs).toISOString(),
    op: event.op,
  };
  if (event.subject !== undefined) delivered.subject = event.subject;
  if (event.record !== undefined) delivered.data = codec.decode(event.record);
  if (event.snapshotId !== undefined) delivered.snapshotid = event.snapshotId;
  if (event.corrects !== undefined) delivered.corrects = event.corrects;
  return delivered;
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

/** Field numbers are those of proto/frames-proto.ts; a test decodes with that definition. */
class ProtobufEventEncoder implements EventEncoder<Uint8Array> {
  piece(event: ProjectedEvent): Uint8Array {
    const writer = Writer.create();
    writer.uint32(26).fork();
    writer.uint32(10).string(`${event.entry}@${event.position}`);
    writer.uint32(16).uint64(event.position);
    writer.uint32(26).string(event.entry);
    if (event.subject !== undefined) writer.uint32(34).string(event.subject);
    writer.uint32(42).string(new Date(event.timeMs).toISOString());
    writer.uint32(50).string(event.op);
    if (event.record !== undefined) writer.uint32(58).bytes(event.record);
    if (event.snapshotId !== undefined) writer.uint32(66).string(event.snapshotId);
    if (event.corrects !== undefined) writer.uint32(72).uint64(event.corrects);
    return writer.ldelim().finish();
  }

  sizeOf(piece: Uint8Array): number {
    return piece.length;
  }

  frame(channel: number, through: number, pieces: readonly Uint8Array[]): Uint8Array {
    const head = Writer.create().uint32(8).uint64(channel).uint32(16).uint64(through).finish();
    let length = head.length;
    for (const piece of pieces) length += piece.length;
    const frameHead = Writer.create().uint32(154).uint32(length).finish();
    return Buffer.concat([frameHead, head, ...pieces], frameHead.length + length);
  }
}
