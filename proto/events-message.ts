import type { EventEncoder } from './event-encoder.js';
import { headBytes, writeHead } from './socket-message.js';

/** Room for the head of an `events` frame and for what stands behind its events. */
export const EVENTS_HEAD_BYTES_MAX = 128;

/** An `events` frame without its events. */
export interface EventsFrameHead {
  channel: number;
  through: number;
  /** How many events. */
  events: number;
}

/**
 * An `events` frame as the bytes of one WebSocket message, put together from stretches of what an encoder has written.
 * Every stretch ends behind an event.
 */
export function eventsMessage(
  encoder: EventEncoder,
  frame: EventsFrameHead,
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
