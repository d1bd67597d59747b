import type { EventEncoder, EventsHead } from './event-encoder.js';
import { EVENTS_FRAME_BYTES_MAX } from './frames.js';
import { headBytes, writeHead } from './socket-message.js';

/** Upper bound of what an `events` frame holds besides its events. */
export const EVENTS_HEAD_BYTES_MAX = 128;

/** Bytes of encoded events that fit into one frame. */
export const EVENTS_BYTES_MAX = EVENTS_FRAME_BYTES_MAX - EVENTS_HEAD_BYTES_MAX;

/**
 * Builds an `events` frame as the bytes of one WebSocket message from chunks of encoded events. Each chunk ends behind an
 * event.
 */
export function eventsMessage(
  encoder: EventEncoder,
  frame: Omit<EventsHead, 'bytes'>,
  chunks: readonly Uint8Array[],
): Uint8Array {
  let bytes = 0;
  for (const chunk of chunks) bytes += chunk.length;
  // The tail takes the place of the separator behind the last event.
  if (bytes > 0) bytes -= encoder.separatorBytes;
  const { channel, through, events } = frame;
  const head = encoder.head({ channel, through, events, bytes });
  const payloadBytes = head.length + bytes + encoder.tail.length;
  const message = Buffer.allocUnsafe(headBytes(payloadBytes) + payloadBytes);
  let at = writeHead(message, encoder.isText, payloadBytes);
  message.set(head, at);
  at += head.length;
  for (const chunk of chunks) {
    message.set(chunk, at);
    at += chunk.length;
  }
  message.set(encoder.tail, message.length - encoder.tail.length);
  return message;
}
