import type { Worker } from 'node:cluster';
import type { CursorUseRow, ToWorker, UsesOfWorker } from '../boot/worker-messages.js';

/** A worker that does not answer counts with what it reported last, so that it hides nothing of the others. */
const ANSWER_MS_MAX = 2_000;
/** One message to a worker: it takes a fraction of a millisecond to write. */
const ROWS_PER_MESSAGE = 500;

/** The last report of one worker. */
interface Report {
  delivered: Map<string, number>;
  /** Those that are followed, with the credit of their session. */
  connected: Map<string, number | null>;
}

interface Collection {
  pending: Set<number>;
  done: () => void;
}

/**
 * Adds up what the workers of a broker have delivered by cursor. A worker that died leaves its last report behind, so that the sum
 * of a counter never falls.
 */
export class UsePool {
  readonly #reports = new Map<number, Report>();
  readonly #ended = new Map<string, number>();
  readonly #collections = new Map<number, Collection>();
  #nextId = 0;

  /** Asks all `workers` and sends the sum to the one that wants it. */
  async answer(asking: Worker, id: number, workers: readonly Worker[]): Promise<void> {
    await this.#collect(workers);
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
    if (isLast) this.#settle(id, worker.id);
  }

  onExit(worker: Worker): void {
    for (const [cursor, delivered] of this.#reports.get(worker.id)?.delivered ?? [])
      this.#ended.set(cursor, (this.#ended.get(cursor) ?? 0) + delivered);
    this.#reports.delete(worker.id);
    for (const id of this.#collections.keys()) this.#settle(id, worker.id);
  }

  #collect(workers: readonly Worker[]): Promise<void> {
    const id = this.#nextId++;
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#collections.get(id)?.done(), ANSWER_MS_MAX);
      const done = (): void => {
        clearTimeout(timer);
        this.#collections.delete(id);
        resolve();
      };
      this.#collections.set(id, { pending: new Set(workers.map((worker) => worker.id)), done });
      for (const worker of workers) send(worker, { kind: 'use-question', id });
      if (workers.length === 0) done();
    });
  }

  #settle(id: number, worker: number): void {
    const collection = this.#collections.get(id);
    if (collection?.pending.delete(worker) && collection.pending.size === 0) collection.done();
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

function send(worker: Worker, message: ToWorker): void {
  if (worker.isConnected()) worker.send(message);
}
