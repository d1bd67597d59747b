import type { EventEncoder, ProjectedEvent } from '../../../proto/event-encoder.js';
import { EVENTS_FRAME_BYTES_MAX } from '../../../proto/frames.js';
import type { ItemField } from '../../../proto/item-field.js';
import type { EventsBatch } from '../channel.js';
import { SharedFrame } from '../shared-frame.js';
import { decide } from '../views/decision.js';
import { filterCodec, filterValues } from '../views/entry-views.js';
import type { View } from '../views/view.js';
import type { LogEvent } from './log-event.js';

/** What a view gets of a segment, in one encoding. */
export interface EncodedSegment {
  positions: number[];
  pieces: (string | Uint8Array)[];
  bytes: number;
  /** All of it as one frame, once somebody took it so. */
  whole: EventsBatch | undefined;
}

/** Who reads: a view, and how it is encoded on which channel number. */
export interface SegmentReader {
  view: View;
  field: (name: string) => ItemField;
  encoder: EventEncoder;
  channel: number;
}

/** A stretch of one entry's log: its events with positions in (after, through]. What views get of it is built once. */
export class LogSegment {
  bytes: number;
  readonly #encoded = new Map<EventEncoder, EncodedSegment>();

  constructor(
    readonly entry: string,
    readonly after: number,
    readonly through: number,
    readonly events: readonly LogEvent[],
  ) {
    this.bytes = events.reduce((sum, event) => sum + event.bytes.length, 0);
  }

  /** The events that a view gets, projected one by one: nothing but their encoded form is kept. */
  *projected(view: View, field: (name: string) => ItemField): Generator<ProjectedEvent> {
    const codec = filterCodec([view], field);
    for (const { position, event } of this.events) {
      const values = filterValues(event, codec);
      const op = decide(event.op, view.filter.matches(values.before), view.filter.matches(values.now));
      if (op) yield view.project(position, event, op);
    }
  }

  /** The same encoded; `grew` is told how many bytes that added. */
  encoded(reader: SegmentReader, grew: (bytes: number) => void): EncodedSegment {
    const known = this.#encoded.get(reader.encoder);
    if (known) return known;
    const made: EncodedSegment = { positions: [], pieces: [], bytes: 0, whole: undefined };
    for (const event of this.projected(reader.view, reader.field)) {
      const piece = reader.encoder.piece(event);
      made.positions.push(event.position);
      made.pieces.push(piece);
      made.bytes += reader.encoder.sizeOf(piece);
    }
    this.#encoded.set(reader.encoder, made);
    grew(made.bytes);
    return made;
  }

  /**
   * The next frame for a reader that has everything up to `after`: at most `max` events and one frame's bytes. Its
   * `through` is the end of the segment when nothing of it is left.
   */
  batchAfter(after: number, max: number, reader: SegmentReader, grew: (bytes: number) => void): EventsBatch {
    const encoded = this.encoded(reader, grew);
    const { positions, pieces, whole } = encoded;
    // Who rides along takes all of every segment.
    if (whole && positions.length <= max && (positions[0] ?? Number.POSITIVE_INFINITY) > after) return whole;
    let first = 0;
    while (first < positions.length && (positions[first] as number) <= after) first++;
    const end = frameEnd(pieces, first, max, reader.encoder);
    const isWhole = first === 0 && end === positions.length;
    const through = end === positions.length ? this.through : (positions[end - 1] ?? after);
    const frame = new SharedFrame(reader.encoder.frame(reader.channel, through, pieces.slice(first, end)));
    const batch = { frame, positions: positions.slice(first, end), through };
    if (isWhole) {
      encoded.whole = batch;
      // As a frame, and in the form in which the gateway keeps it for the sockets.
      grew(2 * encoded.bytes);
    }
    return batch;
  }
}

/** Index behind the last piece that still fits. One piece always fits: an event is smaller than a frame. */
function frameEnd(pieces: (string | Uint8Array)[], first: number, max: number, encoder: EventEncoder): number {
  const limit = Math.min(pieces.length, first + max);
  let bytes = 128;
  let end = first;
  while (end < limit) {
    bytes += encoder.sizeOf(pieces[end] as string | Uint8Array) + 1;
    if (bytes > EVENTS_FRAME_BYTES_MAX && end > first) break;
    end++;
  }
  return end;
}
