import type { ChangeBatch } from './source.js';

/** An event as JSON text: all that is needed of it from here on, however often it has to be sent. */
export interface EncodedEvent {
  id: string;
  /** One that the source left out is looked for in the text when it matters. */
  subject: string | undefined;
  text: string;
  bytes: number;
}

/** The events of one batch on one entry; `together`: no reader may see half of them. */
export interface BatchPart {
  entry: string;
  events: EncodedEvent[];
  bytes: number;
  atomic: boolean;
}

/** A batch ready to be sent. It holds texts and no objects, of which thousands that wait would be costly garbage. */
export interface EncodedBatch {
  parts: BatchPart[];
  events: number;
  confirm: ChangeBatch['confirm'];
}

/** Done when a batch is taken, while those before it are on their way. */
export function encodeBatch(batch: ChangeBatch): EncodedBatch {
  const parts: BatchPart[] = [];
  for (const event of batch.events) {
    const text = JSON.stringify(event);
    const bytes = Buffer.byteLength(text) + 1;
    const part = parts.find(({ entry }) => entry === event.type) ?? newPart(parts, event.type);
    part.events.push({ id: event.id, subject: event.subject ?? undefined, text, bytes });
    part.bytes += bytes;
  }
  // One event alone is never seen by half.
  for (const part of parts) part.atomic = batch.atomic && part.events.length > 1;
  return { parts, events: batch.events.length, confirm: () => batch.confirm() };
}

function newPart(parts: BatchPart[], entry: string): BatchPart {
  const part = { entry, events: [], bytes: 0, atomic: false };
  parts.push(part);
  return part;
}
