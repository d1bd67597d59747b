import { PeerGoneError } from '../../connectors/runtime/connector-errors.js';
import type { ChangeBatch, Lag, Source } from '../../connectors/runtime/source/source.js';
import type { CaseStore } from '../cases/case-store.js';

/** One request to the bus. */
const BATCH_EVENTS_MAX = 500;

/**
 * What was decided, as a source. The numbers of the outbox are its positions, so an event that is sent again after a crash is
 * known to the bus; and an event leaves the outbox only once the bus has it.
 */
export class DecisionSource implements Source {
  constructor(private readonly store: CaseStore) {}

  async *changes(signal: AbortSignal): AsyncGenerator<ChangeBatch, void, undefined> {
    const { database, outbox, toTell } = this.store;
    const epoch = await database.transaction((sql) => outbox.epoch(sql));
    let after = 0;
    while (!signal.aborted) {
      const waiting = await database.transaction((sql) => outbox.after(sql, after, BATCH_EVENTS_MAX));
      const last = waiting.at(-1);
      if (!last) {
        await toTell.wait(signal);
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
        confirm: () => this.#forget(last.number),
      };
    }
  }

  /** What can't be forgotten now is forgotten with a later one, or sent once more: the bus knows it. */
  async #forget(through: number): Promise<void> {
    try {
      await this.store.database.transaction((sql) => this.store.outbox.forget(sql, through));
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
