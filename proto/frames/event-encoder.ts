import { Packr } from 'msgpackr';
import type { DeliveredEvent, DeliveredOp } from '../event/event.js';
import { MessageWriter } from '../event/message-writer.js';
import type { RecordCodec } from '../event/record.js';
import type { Subprotocol } from './frames.js';

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
 * Encodes the events of one view in one encoding. Each event is encoded once; `eventsMessage` frames any run of encoded
 * events, so neither the number of sessions nor the cut of a frame costs another encoding.
 */
export interface EventEncoder {
  readonly isText: boolean;
  /** Appends an event to the writer. */
  write(event: ProjectedEvent, writer: MessageWriter): void;
  /** Bytes of the separator behind each event except the last one of a frame. */
  readonly separatorBytes: number;
  /** Bytes of a frame in front of its events. */
  head(frame: EventsHead): Uint8Array;
  /** Bytes of a frame behind its events; at least as many as a separator. */
  readonly tail: Uint8Array;
}

export interface EventsHead {
  channel: number;
  through: number;
  /** Number of events in the frame, and their bytes including separators. */
  events: number;
  bytes: number;
}

export function eventEncoder(protocol: Subprotocol, codec: RecordCodec): EventEncoder {
  switch (protocol) {
    case 'sluice.v1.json':
      return new JsonEventEncoder(codec);
    case 'sluice.v1.msgpack':
      return new MsgpackEventEncoder(codec);
    case 'sluice.v1.protobuf':
      return new ProtobufEventEncoder();
  }
}

/** The event as a JSON or msgpack subscriber gets it, with its members in the documented order. */
export function toDeliveredEvent(event: ProjectedEvent, codec: RecordCodec): DeliveredEvent {
  const delivered: DeliveredEvent = {
    id: `${event.entry}@${event.position}`,
    position: event.position,
    type: event.entry,
    time: timeString(event.timeMs),
    op: event.op,
  };
  if (event.subject !== undefined) delivered.subject = event.subject;
  if (event.record !== undefined) delivered.data = codec.decode(event.record);
  if (event.snapshotId !== undefined) delivered.snapshotid = event.snapshotId;
  if (event.corrects !== undefined) delivered.corrects = event.corrects;
  return delivered;
}

let lastTimeMs = Number.NaN;
let lastTimeString = '';

/** Caches the last timestamp: many events share a millisecond, and each is encoded for several views. */
function timeString(timeMs: number): string {
  if (timeMs !== lastTimeMs) {
    lastTimeString = new Date(timeMs).toISOString();
    lastTimeMs = timeMs;
  }
  return lastTimeString;
}

const NOTHING = new Uint8Array(0);

class JsonEventEncoder implements EventEncoder {
  readonly isText = true;
  readonly separatorBytes = 1;
  readonly tail = Buffer.from(']}');

  constructor(private readonly codec: RecordCodec) {}

  write(event: ProjectedEvent, writer: MessageWriter): void {
    writer.text(JSON.stringify(toDeliveredEvent(event, this.codec))).text(',');
  }

  head({ channel, through }: EventsHead): Uint8Array {
    return Buffer.from(`{"kind":"events","channel":${channel},"through":${through},"events":[`);
  }
}

class MsgpackEventEncoder implements EventEncoder {
  readonly isText = false;
  readonly separatorBytes = 0;
  readonly tail = NOTHING;
  readonly #packr = new Packr({ useRecords: false, variableMapSize: true });

  constructor(private readonly codec: RecordCodec) {}

  write(event: ProjectedEvent, writer: MessageWriter): void {
    writer.raw(this.#packr.pack(toDeliveredEvent(event, this.codec)));
  }

  head({ channel, through, events }: EventsHead): Uint8Array {
    // Packs the frame without events, then replaces the empty array at its end by the array header for them.
    const frame = this.#packr.pack({ kind: 'events', channel, through, events: [] });
    return Buffer.concat([frame.subarray(0, frame.length - 1), arrayHeader(events)]);
  }
}

/** The long form (array 32) for every length, so that the size of the header is fixed. */
function arrayHeader(length: number): Uint8Array {
  const header = Buffer.alloc(5);
  header[0] = 0xdd;
  header.writeUInt32BE(length, 1);
  return header;
}

const headWriter = new MessageWriter();

/** Field numbers are those of proto/frames/frames-proto.ts; a test decodes with that definition. */
class ProtobufEventEncoder implements EventEncoder {
  readonly isText = false;
  readonly separatorBytes = 0;
  readonly tail = NOTHING;

  write(event: ProjectedEvent, writer: MessageWriter): void {
    const start = writer.varint(26).open();
    writer.varint(10).string(`${event.entry}@${event.position}`);
    writer.varint(16).varint(event.position);
    writer.varint(26).string(event.entry);
    if (event.subject !== undefined) writer.varint(34).string(event.subject);
    writer.varint(42).string(timeString(event.timeMs));
    writer.varint(50).string(event.op);
    if (event.record !== undefined) writer.varint(58).bytes(event.record);
    if (event.snapshotId !== undefined) writer.varint(66).string(event.snapshotId);
    if (event.corrects !== undefined) writer.varint(72).varint(event.corrects);
    writer.close(start);
  }

  head({ channel, through, bytes }: EventsHead): Uint8Array {
    const fields = headWriter.begin().varint(8).varint(channel).varint(16).varint(through).finish();
    return headWriter
      .begin()
      .varint(154)
      .varint(fields.length + bytes)
      .raw(fields)
      .finish();
  }
}
