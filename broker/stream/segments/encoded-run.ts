import type { EventEncoder } from '../../../proto/frames/event-encoder.js';
import { eventsMessage } from '../../../proto/frames/events-message.js';
import type { AcceptedSpan } from '../live/accepted-span.js';
import type { EventsBatch } from '../live/channel.js';
import { countThrough } from '../live/count-through.js';

/** Memory beside the message: a position and an offset per event. */
const BYTES_PER_EVENT = 16;

/** The encoder of a view and the channel number that its frames carry. */
export interface ChannelEncoding {
  encoder: EventEncoder;
  channel: number;
}

/** Encoded events, one behind the other. */
export interface WrittenEvents {
  bytes: Uint8Array;
  /** One per event, ascending. */
  positions: readonly number[];
  /** Offset in `bytes` at which each event ends. */
  ends: readonly number[];
  accepted: AcceptedSpan;
}

/**
 * Encoded events in one buffer that is already a complete frame. A subscription that needs all of them is sent this very
 * buffer; one that joined in the middle or has little credit gets a frame with a slice of it. At most one frame long.
 */
export class EncodedRun {
  readonly #whole: EventsBatch;
  readonly #ends: readonly number[];
  /** Offset of the first event in the message. */
  readonly #start: number;

  constructor(
    private readonly target: ChannelEncoding,
    { bytes, positions, ends, accepted }: WrittenEvents,
    through: number,
  ) {
    const { encoder, channel } = target;
    const message = eventsMessage(encoder, { channel, through, events: positions.length }, [bytes]);
    this.#whole = { message, positions, through, accepted };
    this.#ends = ends;
    this.#start = message.length - encoder.tail.length - (bytes.length - encoder.separatorBytes);
  }

  get bytes(): number {
    return this.#whole.message.length + this.#ends.length * BYTES_PER_EVENT;
  }

  /** The next frame of at most `max` events after a position; undefined when none is left. */
  batchAfter(after: number, max: number): EventsBatch | undefined {
    const { positions } = this.#whole;
    const first = countThrough(positions, after);
    if (first === positions.length) return undefined;
    const end = Math.min(positions.length, first + max);
    return first === 0 && end === positions.length ? this.#whole : this.#cut(first, end);
  }

  #cut(first: number, end: number): EventsBatch {
    const { encoder, channel } = this.target;
    const positions = this.#whole.positions.slice(first, end);
    const isLast = end === this.#ends.length;
    const through = isLast ? this.#whole.through : (positions.at(-1) as number);
    const slice = this.#whole.message.subarray(this.#endOf(first - 1), this.#endOf(end - 1));
    const message = eventsMessage(encoder, { channel, through, events: positions.length }, [slice]);
    return { message, positions, through, accepted: this.#whole.accepted };
  }

  #endOf(event: number): number {
    return this.#start + (event < 0 ? 0 : (this.#ends[event] as number));
  }
}
