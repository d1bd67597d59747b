import type { Worker } from 'node:cluster';
import type { CursorUseRow, UsesOfWorker } from '../boot/worker-messages.js';
import { send, WorkerAnswers } from './worker-answers.js';

/** One message to a worker: it takes a fraction of a millisecond to write. */
const ROWS_PER_MESSAGE = 500;

/** The last report of one worker. */
interface Report {
  delivered: Map<string, number>;
  /** Those that are followed, with the credit of their session. */
  connected: Map<string, number | null>;
}

/**
 * Adds up what the workers of a broker have delivered by cursor. A worker that died leaves its last report behind, so that the sum
 * of a counter never falls.
 */
export class UsePool {
  readonly #reports = new Map<number, Report>();
  readonly #ended = new Map<string, number>();
  readonly #answers = new WorkerAnswers();

  /** Asks all `workers` and sends the sum to the one that wants it. */
  async answer(asking: Worker, id: number, workers: readonly Worker[]): Promise<void> {
    await this.#answers.collect(workers, (question) => ({ kind: 'use-question', id: question }));
    const rows = this.#sum();
    for (let i = 0; i === 0 || i < rows.length; i += ROWS_PER_MESSAGE) {
      const isLast = i + ROWS_PER_MESSAGE >= rows.length;
      send(asking, { kind: 'uses', id, rows: rows.slice(i, i + ROWS_PER_MESSAGE), isLast });
    }
  }

  onReport(worker: Worker, { id, rows, isLast }: UsesOfWorker): void {
    const report = this.#reports.get(worker.id) ?? { delivered: new Map(), connected: new Map() };
    this.#reports.set(worker.id, report);
    for (const [cursor, delivered, connected, credit] of rows) {
      report.delivered.set(cursor, delivered);
      if (connected) report.connected.set(cursor, credit);
      else report.connected.delete(cursor);
    }
    if (isLast) this.#answers.answered(id, worker);
  }

  onExit(worker: Worker): void {
    for (const [cursor, delivered] of this.#reports.get(worker.id)?.delivered ?? [])
      this.#ended.set(cursor, (this.#ended.get(cursor) ?? 0) + delivered);
    this.#reports.delete(worker.id);
    this.#answers.onExit(worker);
  }

  #sum(): CursorUseRow[] {
    const sum = new Map<string, CursorUseRow>();
    const add: (...row: CursorUseRow) => void = (cursor, delivered, connected, credit) => {
      const row = sum.get(cursor);
      if (row) sum.set(cursor, [cursor, row[1] + delivered, row[2] || connected, row[3] ?? credit]);
      else sum.set(cursor, [cursor, delivered, connected, credit]);
    };
    for (const [cursor, delivered] of this.#ended) add(cursor, delivered, false, null);
    for (const { delivered, connected } of this.#reports.values())
      for (const [cursor, events] of delivered)
        add(cursor, events, connected.has(cursor), connected.get(cursor) ?? null);
    return [...sum.values()];
  }
}
