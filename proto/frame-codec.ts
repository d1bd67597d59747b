import { Packr, Unpackr } from 'msgpackr';
import { SluiceError } from './errors.js';
import { checkClientFrame } from './frame-shape.js';
import type { ClientFrame, Frame, ServerFrame, Subprotocol } from './frames.js';
import { frameFromProtobuf, frameToProtobuf } from './frames-protobuf.js';

/** One of the three encodings of the same frames. */
export interface FrameCodec {
  readonly protocol: Subprotocol;
  encode(frame: Frame): string | Uint8Array;
  /** Broker side: a frame of a client, its shape checked. Throws SluiceError BAD_FRAME or NOT_UTF8. */
  decodeClient(message: Uint8Array, isBinary: boolean): ClientFrame;
  /** Client side: a frame of the broker. `data` of delivered events is bytes in the protobuf encoding. Throws BAD_FRAME. */
  decodeServer(message: Uint8Array, isBinary: boolean): ServerFrame;
}

interface Wire {
  binary: boolean;
  encode(frame: Frame): string | Uint8Array;
  decode(message: Uint8Array): unknown;
}

const packr = new Packr({ useRecords: false, variableMapSize: true });
const unpackr = new Unpackr({ useRecords: false, int64AsType: 'number', mapsAsObjects: true });
const utf8 = new TextDecoder('utf-8', { fatal: true });

const WIRES: Record<Subprotocol, Wire> = {
  'sluice.v1.json': {
    binary: false,
    encode: (frame) => JSON.stringify(frame),
    decode: (message) => JSON.parse(decodeUtf8(message)),
  },
  'sluice.v1.msgpack': {
    binary: true,
    encode: (frame) => packr.pack(frame),
    decode: (message) => unpackr.unpack(message),
  },
  'sluice.v1.protobuf': { binary: true, encode: frameToProtobuf, decode: frameFromProtobuf },
};

export function codecFor(protocol: Subprotocol): FrameCodec {
  const wire = WIRES[protocol];
  return {
    protocol,
    encode: wire.encode,
    decodeClient: (message, isBinary) => checkClientFrame(decode(protocol, wire, message, isBinary)),
    decodeServer: (message, isBinary) => decode(protocol, wire, message, isBinary) as ServerFrame,
  };
}

function decode(protocol: Subprotocol, wire: Wire, message: Uint8Array, isBinary: boolean): unknown {
  if (wire.binary !== isBinary) {
    throw new SluiceError('BAD_FRAME', `${protocol} frames are ${wire.binary ? 'binary' : 'text'} messages`);
  }
  try {
    return wire.decode(message);
  } catch (error) {
    if (error instanceof SluiceError) throw error;
    throw new SluiceError('BAD_FRAME', `the frame is not valid ${protocol}`, {}, { cause: error });
  }
}

function decodeUtf8(message: Uint8Array): string {
  try {
    return utf8.decode(message);
  } catch (error) {
    throw new SluiceError('NOT_UTF8', 'the frame is not UTF-8', {}, { cause: error });
  }
}
