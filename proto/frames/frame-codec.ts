import { Packr } from 'msgpackr';
import { SluiceError } from '../errors.js';
import { parseExactJson } from '../values/exact-json.js';
import { countMembers, RepeatedKeyError } from '../values/repeated-key.js';
import { decodeUtf8 } from '../values/utf8.js';
import { checkClientFrame } from './frame-shape.js';
import type { ClientFrame, Frame, ServerFrame, Subprotocol } from './frames.js';
import { frameFromProtobuf, frameToProtobuf, ProtobufFrameError } from './frames-protobuf.js';
import { countJsonEvents } from './json-count.js';
import { checkMsgpack, checkMsgpackKeys, MsgpackError, MsgpackTextError } from './msgpack-check.js';
import { decodeMsgpack } from './msgpack-decode.js';
import { countProtobufEvents } from './protobuf-count.js';

/** One of the three encodings of the same frames. */
export interface FrameCodec {
  readonly protocol: Subprotocol;
  encode(frame: Frame): string | Uint8Array;
  /** Broker side: decodes a client's frame and checks its shape. Throws SluiceError BAD_FRAME, NOT_UTF8 or TOO_LARGE. */
  decodeClient(message: Uint8Array, isBinary: boolean): ClientFrame;
  /** Client side: decodes a broker's frame. In protobuf `data` of delivered events is bytes. Throws BAD_FRAME. */
  decodeServer(message: Uint8Array, isBinary: boolean): ServerFrame;
}

interface FrameEncoding {
  binary: boolean;
  encode(frame: Frame): string | Uint8Array;
  /**
   * Refuses what the decoder would accept and no client may send, and more events than a frame may have. Returns the number of keys in
   * all objects where it knows them.
   */
  check?(message: Uint8Array): number | undefined;
  /** `keys`: what `check` has returned. An object that has a key twice is refused, of which a decoder keeps one. */
  decode(message: Uint8Array, keys?: number): unknown;
}

// Undefined fields are omitted, as in JSON: by default msgpackr encodes them as an extension type.
const packing = { useRecords: false, variableMapSize: true, skipValues: [undefined] };
const packr = new Packr(packing);

const ENCODINGS: Record<Subprotocol, FrameEncoding> = {
  'sluice.v1.json': {
    binary: false,
    encode: (frame) => JSON.stringify(frame),
    check: countJsonEvents,
    decode: (message, keys) => parseExactJson(decodeTextMessage(message), keys),
  },
  'sluice.v1.msgpack': {
    binary: true,
    encode: (frame) => packr.pack(frame),
    check: checkMsgpack,
    decode: (message, keys) => {
      const decoded = decodeMsgpack(message);
      if (keys !== undefined && countMembers(decoded) !== keys) checkMsgpackKeys(message);
      return decoded;
    },
  },
  'sluice.v1.protobuf': {
    binary: true,
    encode: frameToProtobuf,
    check: (message) => void countProtobufEvents(message),
    decode: (message) => frameFromProtobuf(message),
  },
};

const CODECS: Record<Subprotocol, FrameCodec> = {
  'sluice.v1.json': codecOf('sluice.v1.json'),
  'sluice.v1.msgpack': codecOf('sluice.v1.msgpack'),
  'sluice.v1.protobuf': codecOf('sluice.v1.protobuf'),
};

/** The codec of an encoding, which all sessions share. */
export const codecFor = (protocol: Subprotocol): FrameCodec => CODECS[protocol];

function codecOf(protocol: Subprotocol): FrameCodec {
  const wire = ENCODINGS[protocol];
  return {
    protocol,
    encode: wire.encode,
    decodeClient: (message, isBinary) => checkClientFrame(decode(protocol, wire, message, isBinary, wire.check)),
    decodeServer: (message, isBinary) => decode(protocol, wire, message, isBinary) as ServerFrame,
  };
}

function decode(
  protocol: Subprotocol,
  wire: FrameEncoding,
  message: Uint8Array,
  isBinary: boolean,
  check?: FrameEncoding['check'],
): unknown {
  if (wire.binary !== isBinary) {
    throw new SluiceError('BAD_FRAME', `${protocol} frames are ${wire.binary ? 'binary' : 'text'} messages`);
  }
  try {
    return wire.decode(message, check?.(message));
  } catch (error) {
    throw refusal(protocol, error);
  }
}

function refusal(protocol: Subprotocol, error: unknown): SluiceError {
  if (error instanceof SluiceError) return error;
  const options = { cause: error };
  if (error instanceof MsgpackTextError) return new SluiceError('NOT_UTF8', 'the frame is not UTF-8', {}, options);
  // Error texts of the decoders quote the message, so they do not go out.
  const isOurs =
    error instanceof MsgpackError || error instanceof ProtobufFrameError || error instanceof RepeatedKeyError;
  const why = isOurs ? `: ${error.message}` : '';
  return new SluiceError('BAD_FRAME', `the frame is not valid ${protocol}${why}`, {}, options);
}

function decodeTextMessage(message: Uint8Array): string {
  try {
    return decodeUtf8(message);
  } catch (error) {
    throw new SluiceError('NOT_UTF8', 'the frame is not UTF-8', {}, { cause: error });
  }
}
