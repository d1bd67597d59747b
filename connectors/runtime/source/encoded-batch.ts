import { oversizedEvent } from './oversized-event.js';
import type { ChangeBatch } from './source.js';

/** An event encoded once as JSON, however often it is sent. */
export interface EncodedEvent {
  id: string;
  /** Undefined when the source did not set it; then it is read from the text when it is needed. */
  subject: string | undefined;
  text: string;
  bytes: number;
}

/** The events of one batch on one entry. `atomic`: no reader may see a part of them. */
export interface BatchPart {
  entry: string;
  events: EncodedEvent[];
  bytes: number;
  atomic: boolean;
}

/** A batch ready to be sent. It holds strings only: thousands of queued objects would be costly for the garbage collector. */
export interface EncodedBatch {
  parts: BatchPart[];
  events: number;
  confirm: ChangeBatch['confirm'];
}

/** No request of the bus holds a larger event; smaller ones are left to the limit of the bus. */
const EVENT_BYTES_MAX = 12 * 1024 * 1024;

/** Called when a batch is queued, so that encoding overlaps with the requests before it. */
export function encodeBatch(batch: ChangeBatch): EncodedBatch {
  const parts: BatchPart[] = [];
  for (const event of batch.events) {
    const whole = JSON.stringify(event);
    const wholeBytes = Buffer.byteLength(whole);
    const isOversized = wholeBytes > EVENT_BYTES_MAX;
    const text = isOversized ? oversizedEvent(whole) : whole;
    const bytes = 1 + (isOversized ? Buffer.byteLength(text) : wholeBytes);
    const part = parts.find(({ entry }) => entry === event.type) ?? newPart(parts, event.type);
    part.events.push({ id: event.id, subject: event.subject ?? undefined, text, bytes });
    part.bytes += bytes;
  }
  // A single event needs no atomic batch.
  for (const part of parts) part.atomic = batch.atomic && part.events.length > 1;
  return { parts, events: batch.events.length, confirm: () => batch.confirm() };
}

function newPart(parts: BatchPart[], entry: string): BatchPart {
  const part = { entry, events: [], bytes: 0, atomic: false };
  parts.push(part);
  return part;
}
