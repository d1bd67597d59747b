import type { SourceEvent } from '../../proto/event/event.js';
import type { ChangeBatch } from '../runtime/source/source.js';

/** More would be encoded without a pause in which answers of the bus are read. */
const EVENTS_MAX = 200;

/**
 * Batches in which nothing has to be kept together, one behind the other, become one: to hand over a batch costs more than
 * the single change that is in it, and most transactions change one row.
 */
export class LooseRun {
  #events: SourceEvent[] = [];
  #confirms: ChangeBatch['confirm'][] = [];

  /** False when the batch has to stay as it is, or when there is no room for it. */
  add(batch: ChangeBatch): boolean {
    if (batch.atomic || this.#events.length + batch.events.length > EVENTS_MAX) return false;
    this.#events.push(...batch.events);
    this.#confirms.push(batch.confirm);
    return true;
  }

  /** What was added since the last call. */
  take(): ChangeBatch | undefined {
    if (this.#confirms.length === 0) return undefined;
    const confirms = this.#confirms;
    const events = this.#events;
    this.#events = [];
    this.#confirms = [];
    return {
      events,
      atomic: false,
      confirm: async () => {
        for (const confirm of confirms) await confirm();
      },
    };
  }
}
