import { type DeliverableEvent, decodeDeliverable } from '../../proto/event/envelope.js';
import type { StoredMessage } from '../nats/stored-message.js';
import type { EventMemory } from './event-memory.js';

/** One event of the log, decoded on first use, once for all its readers. */
export class LogEvent {
  readonly position: number;
  readonly entry: string;
  readonly bytes: Uint8Array;
  #event: DeliverableEvent | undefined;

  /** Copies the bytes unless they may be kept: what the client hands out is a view into a buffer that holds many messages. */
  constructor(message: StoredMessage, entry: string, memory: EventMemory) {
    this.position = message.position;
    this.entry = entry;
    this.bytes = message.mayBeKept ? message.data : memory.keep(message.data);
  }

  get event(): DeliverableEvent {
    this.#event ??= decodeDeliverable(this.bytes);
    return this.#event;
  }
}
