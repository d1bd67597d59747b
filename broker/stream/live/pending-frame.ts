import { MessageWriter } from '../../../proto/event/message-writer.js';
import type { EventEncoder, EventsHead, ProjectedEvent } from '../../../proto/frames/event-encoder.js';
import { EVENTS_BYTES_MAX, EVENTS_HEAD_BYTES_MAX } from '../../../proto/frames/events-message.js';
import { HEAD_BYTES_MAX, headBytes, writeHead } from '../../../proto/frames/socket-message.js';

/** Left free before the events for the heads of the WebSocket message and of the frame, which are known when the frame is complete. */
const GAP_BYTES = HEAD_BYTES_MAX + EVENTS_HEAD_BYTES_MAX;
const MEMORY_BYTES_MIN = 256;
const NOTHING = Buffer.alloc(0);

/**
 * An `events` frame that is written event by event where it is sent from. With bytes of its own for each event, those of a
 * broker that sends many would outlive a collection or two until their frame is made, and be copied once more.
 *
 * Invariant: the bytes of a frame that was taken are not written to again. Decision: docs/decisions/0431.
 */
export class PendingFrame {
  readonly #writer = new MessageWriter(NOTHING);
  /** End of the last whole event: an error of the encoder may have left a part of one behind it. */
  #end = GAP_BYTES;
  #events = 0;
  /** Size of the memory for the next frame, by the one before. */
  #memoryBytes = MEMORY_BYTES_MIN;

  constructor(private readonly encoder: EventEncoder) {}

  get events(): number {
    return this.#events;
  }

  /** False, with nothing added, when the frame has no room for the event; an empty one has for any. */
  add(event: ProjectedEvent): boolean {
    const writer = this.#writer;
    if (this.#events === 0) writer.beginIn(Buffer.allocUnsafe(this.#memoryBytes), GAP_BYTES);
    this.encoder.write(event, writer.cut(this.#end));
    if (this.#events > 0 && writer.length - GAP_BYTES > EVENTS_BYTES_MAX) return false;
    this.#end = writer.length;
    this.#events++;
    return true;
  }

  /** The frame as one WebSocket message; the next event begins another one. */
  take({ channel, through }: Pick<EventsHead, 'channel' | 'through'>): Uint8Array {
    const { isText, separatorBytes, tail } = this.encoder;
    // The tail takes the place of the separator behind the last event.
    const eventsEnd = this.#end - separatorBytes;
    const bytes = eventsEnd - GAP_BYTES;
    const head = this.encoder.head({ channel, through, events: this.#events, bytes });
    const payloadBytes = head.length + bytes + tail.length;
    const memory = this.#writer.cut(eventsEnd).raw(tail).release();
    const start = GAP_BYTES - head.length - headBytes(payloadBytes);
    const message = memory.subarray(start, eventsEnd + tail.length);
    message.set(head, writeHead(message, isText, payloadBytes));
    this.#end = GAP_BYTES;
    this.#events = 0;
    return this.#fitted(message, memory.length);
  }

  /**
   * Most frames are as large as the one before. One that is much smaller must not hold the memory of a large one while it waits,
   * and the next one must not ask for as much: hundreds of channels may wait with a small event each.
   */
  #fitted(message: Buffer, memoryBytes: number): Uint8Array {
    this.#memoryBytes = Math.max(MEMORY_BYTES_MIN, Math.min(memoryBytes, message.length * 2));
    return message.length * 2 < memoryBytes ? Buffer.from(message) : message;
  }
}
