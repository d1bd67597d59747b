import type { EventsFrame, SubscribedFrame } from '../../proto/frames/frames.js';
import { ProtocolError } from '../errors.js';

/** Checks what the protocol promises of one channel: positions ascend, and `through` never goes back. */
export class ChannelSequence {
  #through: number;

  constructor(private readonly subscribed: Pick<SubscribedFrame, 'channel' | 'position'>) {
    this.#through = subscribed.position;
  }

  /** Every position up to here was received or skipped by the filter. */
  get through(): number {
    return this.#through;
  }

  /** Throws ProtocolError for a frame that breaks the promise. */
  accept(frame: EventsFrame): void {
    if (frame.channel !== this.subscribed.channel)
      throw new ProtocolError(`the bus sent events of channel ${frame.channel}, which is not subscribed`);
    if (!Array.isArray(frame.events) || !isPosition(frame.through))
      throw new ProtocolError('the bus sent a malformed events frame');
    let last = this.#through;
    for (const { position } of frame.events) {
      if (!isPosition(position)) throw new ProtocolError('the bus sent an event without a position');
      if (position <= last) throw new ProtocolError(`position ${position} came after ${last}`);
      last = position;
    }
    if (frame.through < last) throw new ProtocolError(`through ${frame.through} came after ${last}`);
    this.#through = frame.through;
  }
}

function isPosition(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
