import { MessageWriter } from '../../../proto/event/message-writer.js';
import type { EventEncoder, ProjectedEvent } from '../../../proto/frames/event-encoder.js';
import { EVENTS_BYTES_MAX, eventsMessage } from '../../../proto/frames/events-message.js';
import type { Subprotocol } from '../../../proto/frames/frames.js';
import { AcceptedSpan } from './accepted-span.js';

/** Events of one view in one encoding, as one frame. All members are sent the same object, so nobody may change it. */
export interface EventsBatch {
  /** The frame as it goes over the wire. */
  message: Uint8Array;
  /** Ascending, one per event: each costs one unit of credit. */
  positions: readonly number[];
  through: number;
  accepted: AcceptedSpan;
}

const writer = new MessageWriter();

/** A subscription as its channel sees it. */
export interface ChannelMember {
  /** Sends the batch, or leaves the channel to read the log instead. Must neither block nor throw. */
  deliver(batch: EventsBatch): void;
}

/**
 * One view in one encoding with its live subscribers: each event is encoded once, each frame is built once, and the
 * same bytes go to all members. Invariant: everything up to `through` has been handed to the members.
 */
export class Channel {
  readonly #members = new Set<ChannelMember>();
  #pieces: Uint8Array[] = [];
  #positions: number[] = [];
  #bytes = 0;
  #accepted = new AcceptedSpan();

  constructor(
    readonly number: number,
    readonly encoding: Subprotocol,
    readonly encoder: EventEncoder,
    public through: number,
  ) {}

  get size(): number {
    return this.#members.size;
  }

  get isPending(): boolean {
    return this.#pieces.length > 0;
  }

  join(member: ChannelMember): void {
    this.#members.add(member);
  }

  leave(member: ChannelMember): void {
    this.#members.delete(member);
  }

  append(event: ProjectedEvent): void {
    this.encoder.write(event, writer.begin());
    const piece = writer.finish();
    if (this.#bytes + piece.length > EVENTS_BYTES_MAX && this.isPending) this.flush(event.position - 1);
    this.#pieces.push(piece);
    this.#positions.push(event.position);
    this.#bytes += piece.length;
    this.#accepted.add(event.timeMs);
  }

  /** Sends the pending events as one frame and moves `through`; without pending events nothing is sent. */
  flush(through: number): EventsBatch | undefined {
    this.through = through;
    if (!this.isPending) return undefined;
    const message = this.#message(this.#pieces);
    const batch = { message, positions: this.#positions, through, accepted: this.#accepted };
    this.#pieces = [];
    this.#positions = [];
    this.#bytes = 0;
    this.#accepted = new AcceptedSpan();
    // A member may leave the channel inside `deliver`: iterating a Set allows that.
    for (const member of this.#members) member.deliver(batch);
    return batch;
  }

  /** Sends a frame without events, so that members learn up to which position the log held nothing for them. */
  announce(through: number): void {
    this.through = through;
    const batch = { message: this.#message([]), positions: [], through, accepted: new AcceptedSpan() };
    for (const member of this.#members) member.deliver(batch);
  }

  #message(pieces: Uint8Array[]): Uint8Array {
    const head = { channel: this.number, through: this.through, events: pieces.length };
    return eventsMessage(this.encoder, head, pieces);
  }
}
