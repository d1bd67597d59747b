import type { EventEncoder, ProjectedEvent } from '../../../proto/frames/event-encoder.js';
import { eventsMessage } from '../../../proto/frames/events-message.js';
import type { Subprotocol } from '../../../proto/frames/frames.js';
import { AcceptedSpan } from './accepted-span.js';
import { PendingFrame } from './pending-frame.js';

/** Events of one view in one encoding, as one frame. All members are sent the same object, so nobody may change it. */
export interface EventsBatch {
  /** The frame as it goes over the wire. */
  message: Uint8Array;
  /** Ascending, one per event: each costs one unit of credit. */
  positions: readonly number[];
  through: number;
  accepted: AcceptedSpan;
}

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
  readonly #pending: PendingFrame;
  #positions: number[] = [];
  #accepted = new AcceptedSpan();

  constructor(
    readonly number: number,
    readonly encoding: Subprotocol,
    readonly encoder: EventEncoder,
    public through: number,
  ) {
    this.#pending = new PendingFrame(encoder);
  }

  get size(): number {
    return this.#members.size;
  }

  get isPending(): boolean {
    return this.#pending.events > 0;
  }

  join(member: ChannelMember): void {
    this.#members.add(member);
  }

  leave(member: ChannelMember): void {
    this.#members.delete(member);
  }

  append(event: ProjectedEvent): void {
    if (!this.#pending.add(event)) {
      this.flush(event.position - 1);
      this.#pending.add(event);
    }
    this.#positions.push(event.position);
    this.#accepted.add(event.timeMs);
  }

  /** Sends the pending events as one frame and moves `through`; without pending events nothing is sent. */
  flush(through: number): EventsBatch | undefined {
    this.through = through;
    if (!this.isPending) return undefined;
    const message = this.#pending.take({ channel: this.number, through });
    const batch = { message, positions: this.#positions, through, accepted: this.#accepted };
    this.#positions = [];
    this.#accepted = new AcceptedSpan();
    // A member may leave the channel inside `deliver`: iterating a Set allows that.
    for (const member of this.#members) member.deliver(batch);
    return batch;
  }

  /** Sends a frame without events, so that members learn up to which position the log held nothing for them. */
  announce(through: number): void {
    this.through = through;
    const message = eventsMessage(this.encoder, { channel: this.number, through, events: 0 }, []);
    const batch = { message, positions: [], through, accepted: new AcceptedSpan() };
    for (const member of this.#members) member.deliver(batch);
  }
}
