import { Packr, Unpackr } from 'msgpackr';
import '../../../proto/event/protobuf.js'; // switches Long off in this process: before the first message is made, or not at all
import protobuf from 'protobufjs';
import type { ClientFrame, From, ServerFrame, Subprotocol } from '../../../proto/frames/frames.js';
import { FRAMES_PROTO } from '../../../proto/frames/frames-proto.js';

/** The frames in the three encodings, written from docs/protocol.md without the broker's codecs. */
export interface RawFrames {
  encode(frame: ClientFrame): string | Uint8Array;
  decode(message: Buffer): ServerFrame;
}

// By default msgpackr encodes an undefined field as an extension type.
const packing = { useRecords: false, skipValues: [undefined] };
const packr = new Packr(packing);
const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true, int64AsType: 'number' });
const utf8 = new TextDecoder('utf-8', { fatal: true });
const FrameMessage = protobuf.parse(FRAMES_PROTO, { keepCase: true }).root.lookupType('sluice.v1.Frame');

export const RAW_FRAMES: Record<Subprotocol, RawFrames> = {
  'sluice.v1.json': {
    encode: (frame) => JSON.stringify(frame),
    decode: (message) => JSON.parse(utf8.decode(message)),
  },
  'sluice.v1.msgpack': {
    encode: (frame) => packr.pack(frame),
    decode: (message) => unpackr.unpack(message),
  },
  'sluice.v1.protobuf': { encode: toProtobuf, decode: fromProtobuf },
};

function toProtobuf(frame: ClientFrame): Uint8Array {
  const { kind, ...fields } = frame;
  const wire: Record<string, unknown> = { ...fields };
  if (frame.kind === 'subscribe') {
    if (frame.from !== undefined) wire.from = fromOnTheWire(frame.from);
    if (frame.narrow !== undefined) wire.narrow = JSON.stringify(frame.narrow);
  }
  return FrameMessage.encode(FrameMessage.fromObject({ [kind]: wire })).finish();
}

function fromOnTheWire(from: From): object {
  if (typeof from === 'string') return { named: from };
  return 'time' in from ? from : { after: { position: from.after, log: from.log } };
}

function fromProtobuf(message: Buffer): ServerFrame {
  const object = FrameMessage.toObject(FrameMessage.decode(message), { longs: Number, arrays: true, defaults: true });
  const [kind] = Object.keys(object);
  if (kind === undefined) throw new TypeError('a frame without a case');
  const fields = object[kind] as Record<string, unknown>;
  if (kind === 'published') {
    for (const result of fields.results as Record<string, unknown>[]) {
      if (result.problem !== undefined) result.problem = JSON.parse(result.problem as string);
    }
  }
  return { kind, ...fields } as unknown as ServerFrame;
}
