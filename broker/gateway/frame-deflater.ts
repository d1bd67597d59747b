import { constants, deflateRawSync } from 'node:zlib';
import { headBytes, writeHead } from '../../proto/frames/socket-message.js';
import { LoopUtilization } from '../stream/live/loop-utilization.js';

/** A smaller frame fits into one packet either way. */
const DEFLATED_BYTES_MIN = 1024;
/** Share of the event loop above which latency of all sessions comes before the bytes of some. */
const UTILIZATION_MAX = 0.9;
/** A log that is read back keeps the loop busy for less than this; it is what compression is for. */
const UTILIZATION_WINDOW_MS = 1_000;
/** RSV1 of the first byte: the message is compressed (RFC 7692, section 6). */
const COMPRESSED = 0x40;
const OPCODE = 0x0f;
const TEXT = 1;
/** The end of a flush, 00 00 ff ff, which the sender cuts off and the receiver adds again (RFC 7692, section 7.2). */
const TRAILER_BYTES = 4;
/** The fastest level takes most of what there is in records of one view: 70 to 80 % of the bytes of licences. */
const OPTIONS = { level: constants.Z_BEST_SPEED, finishFlush: constants.Z_SYNC_FLUSH };

/** Whether the handshake asks for compression that starts anew with each message, and sets no window of its own. */
export function asksForSharedCompression(header: string | undefined): boolean {
  return (header ?? '').split(',').some((offer) => {
    const [name, ...parameters] = offer.split(';').map((part) => part.trim());
    if (name !== 'permessage-deflate' || !parameters.includes('server_no_context_takeover')) return false;
    return !parameters.some((parameter) => parameter.startsWith('server_max_window_bits'));
  });
}

/**
 * Compresses frames once for all sessions that negotiated it.
 *
 * A compressor per session, as permessage-deflate is used most of the time, would cost its CPU and 300 KiB for each of them, and its
 * window would end the sharing of frames. Without context takeover a compressed frame depends on nothing but the frame, so it is
 * shared like the frame itself: found by its identity, and gone with it.
 *
 * Invariant: one frame is compressed by itself, so that its length says nothing about another view. See docs/decisions/0218.
 */
export class FrameDeflater {
  readonly #deflated = new WeakMap<Uint8Array, Uint8Array>();
  readonly #utilization: () => number;

  constructor(utilization?: () => number) {
    const loop = new LoopUtilization(UTILIZATION_WINDOW_MS);
    this.#utilization = utilization ?? (() => loop.at(performance.now()));
  }

  /** A whole WebSocket message, compressed; the message itself where that does not pay. It must never change afterwards. */
  deflated(message: Uint8Array): Uint8Array {
    if (message.length < DEFLATED_BYTES_MIN) return message;
    const known = this.#deflated.get(message);
    if (known) return known;
    if (this.#utilization() > UTILIZATION_MAX) return message;
    const smaller = deflate(message);
    this.#deflated.set(message, smaller);
    return smaller;
  }
}

function deflate(message: Uint8Array): Uint8Array {
  const payload = message.subarray(payloadOffset(message));
  const whole = deflateRawSync(payload, OPTIONS);
  const length = whole.length - TRAILER_BYTES;
  if (length >= payload.length) return message;
  const result = Buffer.allocUnsafe(headBytes(length) + length);
  const at = writeHead(result, (message[0]! & OPCODE) === TEXT, length);
  result[0]! |= COMPRESSED;
  whole.copy(result, at, 0, length);
  return result;
}

/** Messages of the broker are not masked, and as short in their head as can be. */
const payloadOffset = (message: Uint8Array): number => (message[1]! < 126 ? 2 : message[1] === 126 ? 4 : 10);
