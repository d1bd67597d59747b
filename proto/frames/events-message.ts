import type { EventEncoder, EventsHead } from './event-encoder.js';
import { EVENTS_FRAME_BYTES_MAX } from './frames.js';
import { headBytes, writeHead } from './socket-message.js';

/** Room for the head of an `events` frame and for what stands behind its events. */
export const EVENTS_HEAD_BYTES_MAX = 128;

/** Of the events of one frame, as an encoder writes them. */
export const EVENTS_BYTES_MAX = EVENTS_FRAME_BYTES_MAX - EVENTS_HEAD_BYTES_MAX;

/**
 * An `events` frame as the bytes of one WebSocket message, put together from stretches of what an encoder has written.
 * Every stretch ends behind an event.
 */
export function eventsMessage(
  encoder: EventEncoder,
  frame: Omit<EventsHead, 'bytes'>,
  stretches: readonly Uint8Array[],
): Uint8Array {
  let bytes = 0;
  for (const stretch of stretches) bytes += stretch.length;
  // Behind the last event stands the tail instead of a separator.
  if (bytes > 0) bytes -= encoder.separatorBytes;
  const head = encoder.head({ ...frame, bytes });
  const payloadBytes = head.length + bytes + encoder.tail.length;
  const message = Buffer.allocUnsafe(headBytes(payloadBytes) + payloadBytes);
  let at = writeHead(message, encoder.isText, payloadBytes);
  message.set(head, at);
  at += head.length;
  for (const stretch of stretches) {
    message.set(stretch, at);
    at += stretch.length;
  }
  message.set(encoder.tail, message.length - encoder.tail.length);
  return message;
}
