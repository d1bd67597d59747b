import type { ChangeBatch, ChangeEvent } from '../runtime/source/source.js';

/** Bounds how long encoding one batch keeps the event loop from reading the bus's answers. */
const EVENTS_MAX = 200;

/**
 * Joins consecutive batches that need not be atomic into one: handing over a batch costs more than the single change in it, and
 * most transactions change one row.
 */
export class BatchCombiner {
  #events: ChangeEvent[] = [];
  #confirms: ChangeBatch['confirm'][] = [];

  /** False when the batch must stay atomic, or does not fit. */
  add(batch: ChangeBatch): boolean {
    if (batch.atomic || this.#events.length + batch.events.length > EVENTS_MAX) return false;
    this.#events.push(...batch.events);
    this.#confirms.push(batch.confirm);
    return true;
  }

  /** Returns what was added since the last call. */
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
