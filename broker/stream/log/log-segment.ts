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
  /** Let go once all of it is one frame: thousands of small pieces are dear to keep. */
  pieces: (string | Uint8Array)[] | undefined;
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

  /**
   * The next frame for a reader that has everything up to `after`: at most `max` events and one frame's bytes. Its
   * `through` is the end of the segment when nothing of it is left. `grew` is told how many bytes were added to the segment.
   */
  batchAfter(after: number, max: number, reader: SegmentReader, grew: (bytes: number) => void): EventsBatch {
    const encoded = this.#encodedFor(reader);
    // Who rides along takes all of every segment.
    if (encoded.whole && takesAll(encoded.positions, after, max)) return encoded.whole;
    const pieces = this.#piecesOf(encoded, reader, grew);
    const { positions } = encoded;
    let first = 0;
    while (first < positions.length && (positions[first] as number) <= after) first++;
    const end = frameEnd(pieces, first, max, reader.encoder);
    const through = end === positions.length ? this.through : (positions[end - 1] ?? after);
    const frame = new SharedFrame(reader.encoder.frame(reader.channel, through, pieces.slice(first, end)));
    const batch = { frame, positions: positions.slice(first, end), through };
    if (first === 0 && end === positions.length) {
      encoded.whole = batch;
      encoded.pieces = undefined;
      // As a frame, and in the form in which the gateway keeps it for the sockets, instead of in pieces.
      grew(encoded.bytes);
    }
    return batch;
  }

  #encodedFor({ encoder }: SegmentReader): EncodedSegment {
    let encoded = this.#encoded.get(encoder);
    if (!encoded) {
      encoded = { positions: [], pieces: undefined, bytes: 0, whole: undefined };
      this.#encoded.set(encoder, encoded);
    }
    return encoded;
  }

  #piecesOf(encoded: EncodedSegment, { view, field, encoder }: SegmentReader, grew: (bytes: number) => void) {
    if (encoded.pieces) return encoded.pieces;
    const pieces: (string | Uint8Array)[] = [];
    encoded.positions = [];
    encoded.bytes = 0;
    for (const event of this.projected(view, field)) {
      const piece = encoder.piece(event);
      encoded.positions.push(event.position);
      pieces.push(piece);
      encoded.bytes += encoder.sizeOf(piece);
    }
    encoded.pieces = pieces;
    grew(encoded.bytes);
    return pieces;
  }
}

const takesAll = (positions: readonly number[], after: number, max: number): boolean =>
  positions.length <= max && (positions[0] ?? Number.POSITIVE_INFINITY) > after;

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
