import { type DeliverableEvent, decodeDeliverable } from '../../proto/event/envelope.js';
import type { StoredMessage } from '../nats/stored-message.js';
import type { EventMemory } from './event-memory.js';

/**
 * One event of the log, decoded on first use, once for all its readers. Thousands are kept, so an event is a range of memory
 * that many share: a view of its own would be larger than all else that is kept of it. Decision: docs/decisions/0431.
 */
export class LogEvent {
  readonly position: number;
  readonly entry: string;
  /** Bytes of the event as it is stored. */
  readonly size: number;
  readonly #memory: ArrayBufferLike;
  readonly #start: number;
  #event: DeliverableEvent | undefined;

  /** Copies the bytes unless they may be kept: what the client hands out is a view into a buffer that holds many messages. */
  constructor(message: StoredMessage, entry: string, memory: EventMemory) {
    this.position = message.position;
    this.entry = entry;
    const { buffer, byteOffset, length } = message.mayBeKept ? message.data : memory.keep(message.data);
    this.size = length;
    this.#memory = buffer;
    this.#start = byteOffset;
  }

  get event(): DeliverableEvent {
    this.#event ??= decodeDeliverable(Buffer.from(this.#memory, this.#start, this.size));
    return this.#event;
  }

  /** Keeps the bytes alone; the next reader decodes them again. */
  forgetDecoded(): void {
    this.#event = undefined;
  }
}
