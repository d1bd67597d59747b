import { PeerGoneError } from '../../connectors/runtime/connector-errors.js';
import type { ChangeBatch, Lag, Source } from '../../connectors/runtime/source/source.js';
import type { CaseStore } from '../cases/case-store.js';

/** Events per batch: one request to the bus. */
const BATCH_EVENTS_MAX = 500;

/**
 * Publishes decisions from the outbox. Their numbers are the source positions, so the bus recognises an event that is sent again
 * after a crash; and an event leaves the outbox only once the bus has stored it.
 */
export class DecisionSource implements Source {
  constructor(private readonly store: CaseStore) {}

  async *changes(signal: AbortSignal): AsyncGenerator<ChangeBatch, void, undefined> {
    const { database, outbox, outboxFilled } = this.store;
    const epoch = await database.transaction((sql) => outbox.epoch(sql));
    let after = 0;
    while (!signal.aborted) {
      const waiting = await database.transaction((sql) => outbox.after(sql, after, BATCH_EVENTS_MAX));
      const last = waiting.at(-1);
      if (!last) {
        await outboxFilled.wait(signal);
        continue;
      }
      after = last.number;
      yield {
        events: waiting.map(({ number, event }) => ({
          specversion: '1.0',
          id: `${epoch}-${number}`,
          ...event,
          sourceposition: String(number),
          sourceepoch: epoch,
        })),
        atomic: false,
        confirm: () => this.#deleteConfirmed(last.number),
      };
    }
  }

  /** Events that cannot be deleted now are deleted with later ones, or sent again as duplicates. */
  async #deleteConfirmed(through: number): Promise<void> {
    try {
      await this.store.database.transaction((sql) => this.store.outbox.deleteThrough(sql, through));
    } catch (error) {
      if (!(error instanceof PeerGoneError)) throw error;
    }
  }

  async lag(): Promise<Lag | undefined> {
    const amount = await this.store.database.transaction((sql) => this.store.outbox.size(sql));
    return { amount, unit: 'records' };
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
