import type { EventEncoder } from '../../../proto/frames/event-encoder.js';
import { eventsMessage } from '../../../proto/frames/events-message.js';
import type { AcceptedSpan } from '../live/accepted-span.js';
import type { EventsBatch } from '../live/channel.js';
import { countThrough } from '../live/count-through.js';

/** What a run holds beside its message: a position and an offset for each event. */
const BYTES_PER_EVENT = 16;

/** An encoding of a view, and the number that its channel has. */
export interface ChannelEncoding {
  encoder: EventEncoder;
  channel: number;
}

/** Events as an encoder wrote them, one behind the other. */
export interface WrittenEvents {
  bytes: Uint8Array;
  /** Of the events, ascending. */
  positions: readonly number[];
  /** Where each event ends in the bytes. */
  ends: readonly number[];
  accepted: AcceptedSpan;
}

/**
 * Encoded events in one piece of memory, which is the ready frame of who needs them all; who needs less gets a frame cut
 * out of it. At most one frame long.
 */
export class EncodedRun {
  readonly #whole: EventsBatch;
  readonly #ends: readonly number[];
  /** Where the events begin in the message. */
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

  /** The next frame for who has everything up to `after`, of at most `max` events; undefined for who has it all. */
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
    const stretch = this.#whole.message.subarray(this.#endOf(first - 1), this.#endOf(end - 1));
    const message = eventsMessage(encoder, { channel, through, events: positions.length }, [stretch]);
    return { message, positions, through, accepted: this.#whole.accepted };
  }

  #endOf(event: number): number {
    return this.#start + (event < 0 ? 0 : (this.#ends[event] as number));
  }
}
