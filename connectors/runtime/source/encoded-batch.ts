import type { SourceEvent } from '../../../proto/event/event.js';
import { WrittenEvent } from './event-writer.js';
import { oversizedEvent } from './oversized-event.js';
import type { ChangeBatch } from './source.js';

/** An event encoded once as JSON, however often it is sent. */
export interface EncodedEvent {
  readonly id: string;
  /** Undefined when the source did not set it; then it is read from the text when it is needed. */
  subject: string | undefined;
  readonly text: string;
  /** In UTF-8, with a comma. */
  readonly bytes: number;
}

/** The events of one batch on one entry. `atomic`: no reader may see a part of them. */
export interface BatchPart {
  entry: string;
  events: EncodedEvent[];
  bytes: number;
  atomic: boolean;
}

/** A batch ready to be sent. It holds texts only: thousands of queued objects would be costly for the garbage collector. */
export interface EncodedBatch {
  parts: BatchPart[];
  events: number;
  confirm: ChangeBatch['confirm'];
}

const COMMA = Buffer.from(',');

/** No request of the bus holds a larger event; smaller ones are left to the limit of the bus. */
const EVENT_BYTES_MAX = 12 * 1024 * 1024;

/** Called when a batch is queued, so that encoding overlaps with the requests before it. */
export function encodeBatch(batch: ChangeBatch): EncodedBatch {
  const parts: BatchPart[] = [];
  for (const event of batch.events) {
    const encoded = event instanceof WrittenEvent ? withinBounds(event) : encodeEvent(event);
    const part = parts.find(({ entry }) => entry === event.type) ?? newPart(parts, event.type);
    part.events.push(encoded);
    part.bytes += encoded.bytes;
  }
  // A single event needs no atomic batch.
  for (const part of parts) part.atomic = batch.atomic && part.events.length > 1;
  return { parts, events: batch.events.length, confirm: () => batch.confirm() };
}

function encodeEvent(event: SourceEvent): EncodedEvent {
  const text = JSON.stringify(event);
  return withinBounds({ id: event.id, subject: event.subject ?? undefined, text, bytes: 1 + Buffer.byteLength(text) });
}

function withinBounds(event: EncodedEvent): EncodedEvent {
  if (event.bytes <= EVENT_BYTES_MAX) return event;
  const text = oversizedEvent(event.text);
  return { id: event.id, subject: event.subject, text, bytes: 1 + Buffer.byteLength(text) };
}

/** The events one behind the other with commas between them, in as few pieces as they lie in. */
export function piecesOf(parts: readonly BatchPart[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let run: { block: Buffer; start: number; end: number } | undefined;
  const add = (piece: Uint8Array): void => void pieces.push(...(pieces.length > 0 ? [COMMA] : []), piece);
  const endRun = (): void => {
    if (run) add(run.block.subarray(run.start, run.end));
    run = undefined;
  };
  for (const { events } of parts) {
    for (const event of events) {
      // An event that was written next lies behind the comma of the one before it.
      if (event instanceof WrittenEvent && event.block === run?.block && event.start === run.end + 1)
        run.end = event.end;
      else {
        endRun();
        if (event instanceof WrittenEvent) run = { block: event.block, start: event.start, end: event.end };
        else add(Buffer.from(event.text));
      }
    }
  }
  endRun();
  return pieces;
}

function newPart(parts: BatchPart[], entry: string): BatchPart {
  const part = { entry, events: [], bytes: 0, atomic: false };
  parts.push(part);
  return part;
}
