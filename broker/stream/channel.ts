import type { EventEncoder, ProjectedEvent } from '../../proto/event-encoder.js';
import { EVENTS_FRAME_BYTES_MAX, type Subprotocol } from '../../proto/frames.js';
import { SharedFrame } from './shared-frame.js';

/** Room for the head of a frame beside its pieces. */
const FRAME_HEAD_BYTES = 128;

/** Events of one view in one encoding, cut into a frame. Shared by everyone it is sent to: never changed. */
export interface EventsBatch {
  frame: SharedFrame;
  /** Ascending; what the frame counts against the credit. */
  positions: readonly number[];
  through: number;
}

/** Who follows a channel live. */
export interface ChannelMember {
  /** Takes the batch, or leaves the channel for the log: it must not block and must not throw. */
  deliver(batch: EventsBatch): void;
}

/**
 * One view in one encoding with its live subscribers: each event is encoded once, each frame is built once, and the
 * same bytes go to all members. Everything up to `through` has been handed to the members.
 */
export class Channel {
  readonly #members = new Set<ChannelMember>();
  #pieces: (string | Uint8Array)[] = [];
  #positions: number[] = [];
  #bytes = 0;

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
    const piece = this.encoder.piece(event);
    const size = this.encoder.sizeOf(piece) + 1;
    if (this.#bytes + size > EVENTS_FRAME_BYTES_MAX - FRAME_HEAD_BYTES && this.isPending)
      this.flush(event.position - 1);
    this.#pieces.push(piece);
    this.#positions.push(event.position);
    this.#bytes += size;
  }

  /** Sends what is pending as one frame; with nothing pending only the reach moves. */
  flush(through: number): EventsBatch | undefined {
    this.through = through;
    if (!this.isPending) return undefined;
    const frame = new SharedFrame(this.encoder.frame(this.number, through, this.#pieces));
    const batch = { frame, positions: this.#positions, through };
    this.#pieces = [];
    this.#positions = [];
    this.#bytes = 0;
    // A member may leave while it is served; a Set allows that.
    for (const member of this.#members) member.deliver(batch);
    return batch;
  }

  /** A frame without events, so that members learn how far the log was passed over for them. */
  announce(through: number): void {
    this.through = through;
    const frame = new SharedFrame(this.encoder.frame(this.number, through, []));
    for (const member of this.#members) member.deliver({ frame, positions: [], through });
  }
}
