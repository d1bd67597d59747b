import { MessageWriter } from '../event/message-writer.js';
import { type Message, parse, Reader } from '../event/protobuf.js';
import { parseExactJson } from '../values/exact-json.js';
import { RepeatedKeyError } from '../values/repeated-key.js';
import type { EventsFrame, Frame, PublishedFrame, SubscribeFrame } from './frames.js';
import { FRAMES_PROTO } from './frames-proto.js';

const FrameType = parse(FRAMES_PROTO, { keepCase: true }).root.lookupType('sluice.v1.Frame');
// Writers omit zeros and empty strings of fields that are not `optional`; `defaults` restores them.
const TO_OBJECT = { longs: Number, arrays: true, oneofs: true, defaults: true } as const;

/** The error text is ours and quotes nothing of the message, unlike that of the library. */
export class ProtobufFrameError extends Error {
  override readonly name = 'ProtobufFrameError';
}

/** A decoded frame; `frame` names its case. */
type Decoded = Record<string, unknown> & { frame?: string };

/** Tags of the frames that come and go for every subscriber all the time, or for each of thousands that come back at once. */
const ACK_TAG = 18;
const ACKED_TAG = 162;
const CAUGHT_UP_TAG = 170;
const CHANNEL_TAG = 0x08;
const POSITION_TAG = 0x10;
/** Two tags, and two integers up to 2^53. */
const CHANNEL_AND_POSITION_BYTES_MAX = 18;

const writer = new MessageWriter();

export function frameToProtobuf(frame: Frame): Uint8Array {
  if (frame.kind === 'acked') return positionToProtobuf(ACKED_TAG, frame);
  if (frame.kind === 'caught_up') return positionToProtobuf(CAUGHT_UP_TAG, frame);
  const { kind, ...fields } = frame;
  return FrameType.encode(FrameType.fromObject({ [kind]: wireFields(frame, fields) })).finish();
}

/** The same bytes as the library's, which makes three objects of a frame first. */
function positionToProtobuf(tag: number, { channel, position }: { channel: number; position: number }): Uint8Array {
  writer.begin().varint(tag);
  const start = writer.open();
  return writer.varint(CHANNEL_TAG).varint(channel).varint(POSITION_TAG).varint(position).close(start).finish();
}

/** An acknowledgement in the form in which every library writes it; undefined for all else, which the library decodes. */
function ackFromProtobuf(message: Uint8Array): unknown {
  if (message[0] !== ACK_TAG || message[1] !== message.length - 2) return undefined;
  if (message.length > CHANNEL_AND_POSITION_BYTES_MAX + 2 || message[2] !== CHANNEL_TAG) return undefined;
  const reader = Reader.create(message);
  reader.pos = 3;
  try {
    const channel = reader.uint64() as unknown as number;
    if (reader.uint32() !== POSITION_TAG) return undefined;
    const position = reader.uint64() as unknown as number;
    return reader.pos === message.length ? { kind: 'ack', channel, position } : undefined;
  } catch {
    return undefined;
  }
}

/** The frame as an object with `kind`. Throws ProtobufFrameError. */
export function frameFromProtobuf(message: Uint8Array): unknown {
  const ack = ackFromProtobuf(message);
  if (ack) return ack;
  const decoded = FrameType.toObject(decode(message), TO_OBJECT) as Decoded;
  const kind = decoded.frame;
  if (kind === undefined) throw new ProtobufFrameError('the frame has no known case');
  return { kind, ...objectFields(kind, decoded[kind] as Record<string, unknown>) };
}

function decode(message: Uint8Array): Message {
  try {
    return FrameType.decode(message);
  } catch (error) {
    throw new ProtobufFrameError('the bytes are no complete message of type Frame', { cause: error });
  }
}

function jsonOf(field: string, text: string): unknown {
  try {
    return parseExactJson(text);
  } catch (error) {
    const why = error instanceof RepeatedKeyError ? `: ${error.message}` : ' is not JSON';
    throw new ProtobufFrameError(`${field}${why}`, { cause: error });
  }
}

/** Values without a fixed shape travel as JSON: row filters and problem documents. */
function wireFields(frame: Frame, fields: object): object {
  if (frame.kind === 'subscribe') return subscribeToWire(frame);
  if (frame.kind === 'published') return { ...fields, results: (frame as PublishedFrame).results.map(resultToWire) };
  return fields;
}

function subscribeToWire(frame: SubscribeFrame): object {
  const { kind: _kind, from, narrow, ...rest } = frame;
  return {
    ...rest,
    ...(from === undefined ? {} : { from: fromToWire(from) }),
    ...(narrow === undefined ? {} : { narrow: JSON.stringify(narrow) }),
  };
}

function fromToWire(from: NonNullable<SubscribeFrame['from']>): object {
  if (typeof from === 'string') return { named: from };
  if ('time' in from) return { time: from.time };
  return { after: { position: from.after, ...(from.log === undefined ? {} : { log: from.log }) } };
}

function resultToWire(result: PublishedFrame['results'][number]): object {
  const { problem, line: _line, ...rest } = result;
  return problem === undefined ? rest : { ...rest, problem: JSON.stringify(problem) };
}

function objectFields(kind: string, fields: Record<string, unknown>): Record<string, unknown> {
  const { _cursor, _from, _credit, _narrow, _atomic, ...rest } = stripOneofs(fields);
  if (kind === 'subscribe') return subscribeFromWire(rest);
  if (kind === 'published') {
    const results = rest.results as Record<string, unknown>[];
    return { ...rest, results: results.map((result) => resultFromWire(stripOneofs(result))) };
  }
  if (kind === 'events' || kind === 'publish') {
    return { ...rest, events: (rest.events as EventsFrame['events']).map((event) => stripOneofs({ ...event })) };
  }
  if (kind === 'subscribed') {
    return { ...rest, items: (rest.items as Record<string, unknown>[]).map(stripOneofs) };
  }
  return rest;
}

/** Removes the one-member oneofs with a leading underscore that protobuf.js adds for `optional` fields. */
function stripOneofs(fields: Record<string, unknown>): Record<string, unknown> {
  const rest: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) if (!name.startsWith('_')) rest[name] = value;
  return rest;
}

function subscribeFromWire(fields: Record<string, unknown>): Record<string, unknown> {
  const { from, narrow, ...rest } = fields;
  if (from !== undefined) rest.from = fromFromWire(from as Record<string, unknown>);
  if (narrow !== undefined) rest.narrow = jsonOf('narrow', narrow as string);
  return rest;
}

function fromFromWire(from: Record<string, unknown>): unknown {
  if (from.named !== undefined) return from.named;
  if (from.time !== undefined) return { time: from.time };
  const after = stripOneofs((from.after ?? {}) as Record<string, unknown>);
  return { after: after.position, ...(after.log === undefined ? {} : { log: after.log }) };
}

function resultFromWire(result: Record<string, unknown>): Record<string, unknown> {
  const { problem, ...rest } = result;
  return problem === undefined ? rest : { ...rest, problem: JSON.parse(problem as string) };
}
