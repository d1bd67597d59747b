import type { Worker } from 'node:cluster';
import type { Counted, CountRow, CountsOfWorker } from '../boot/worker-messages.js';
import { send, WorkerAnswers } from './worker-answers.js';

/** One message to a worker: it takes a fraction of a millisecond to write. */
const ROWS_PER_MESSAGE = 500;

/** The last report of one worker. */
interface Report {
  events: Map<string, number>;
  /** Those that are followed, with the credit of their session. */
  connected: Map<string, number | null>;
}

/**
 * Adds up the events that the workers of a broker count apart, by cursor, entry or party. A worker that died leaves its last report
 * behind, so that the sum of a counter never falls.
 */
export class CountPool {
  readonly #reports = new Map<number, Report>();
  readonly #ended = new Map<string, number>();
  readonly #answers = new WorkerAnswers();

  constructor(private readonly of: Counted) {}

  /** Asks all `workers` and sends the sum to the one that wants it. */
  async answer(asking: Worker, id: number, workers: readonly Worker[]): Promise<void> {
    await this.#answers.collect(workers, (question) => ({ kind: 'counts-question', id: question, of: this.of }));
    const rows = this.#sum();
    for (let i = 0; i === 0 || i < rows.length; i += ROWS_PER_MESSAGE) {
      const isLast = i + ROWS_PER_MESSAGE >= rows.length;
      send(asking, { kind: 'counts', id, of: this.of, rows: rows.slice(i, i + ROWS_PER_MESSAGE), isLast });
    }
  }

  onReport(worker: Worker, { id, rows, isLast }: CountsOfWorker): void {
    const report = this.#reports.get(worker.id) ?? { events: new Map(), connected: new Map() };
    this.#reports.set(worker.id, report);
    for (const [key, events, connected, credit] of rows) {
      report.events.set(key, events);
      if (connected) report.connected.set(key, credit);
      else report.connected.delete(key);
    }
    if (isLast) this.#answers.answered(id, worker);
  }

  onExit(worker: Worker): void {
    for (const [key, events] of this.#reports.get(worker.id)?.events ?? [])
      this.#ended.set(key, (this.#ended.get(key) ?? 0) + events);
    this.#reports.delete(worker.id);
    this.#answers.onExit(worker);
  }

  #sum(): CountRow[] {
    const sum = new Map<string, CountRow>();
    const add: (...row: CountRow) => void = (key, events, connected, credit) => {
      const row = sum.get(key);
      if (row) sum.set(key, [key, row[1] + events, row[2] || connected, row[3] ?? credit]);
      else sum.set(key, [key, events, connected, credit]);
    };
    for (const [key, events] of this.#ended) add(key, events, false, null);
    for (const report of this.#reports.values())
      for (const [key, events] of report.events)
        add(key, events, report.connected.has(key), report.connected.get(key) ?? null);
    return [...sum.values()];
  }
}
