import type { Worker } from 'node:cluster';
import type { MetricsOfWorker, ToWorker } from '../boot/worker-messages.js';
import { expose, type Format } from '../metrics/exposition.js';
import { addUp, cumulativeOf, fromMessage, type MetricValues } from '../metrics/metric-values.js';

/** Workers answer within milliseconds; one that hangs counts with what it answered last, and hides nothing of the others. */
const ANSWER_MS_MAX = 2_000;

interface Collection {
  pending: Set<number>;
  done: () => void;
}

/** Adds the metrics of the workers of a broker up, with those counters and histograms that ended workers had reached. Decision: docs/decisions/0117. */
export class MetricsPool {
  readonly #latest = new Map<number, MetricValues[]>();
  #ended: MetricValues[] = [];
  readonly #collections = new Map<number, Collection>();
  #nextId = 0;

  async text(workers: readonly Worker[], format: Format): Promise<string> {
    await this.#collect(workers);
    return expose(addUp([...this.#latest.values(), this.#ended]), format);
  }

  onAnswer(worker: Worker, { id, metrics }: MetricsOfWorker): void {
    this.#latest.set(worker.id, fromMessage(metrics));
    this.#settle(id, worker.id);
  }

  onExit(worker: Worker): void {
    this.#ended = addUp([this.#ended, cumulativeOf(this.#latest.get(worker.id) ?? [])]);
    this.#latest.delete(worker.id);
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
      for (const worker of workers)
        if (worker.isConnected()) worker.send({ kind: 'metrics-question', id } satisfies ToWorker);
      if (workers.length === 0) done();
    });
  }

  #settle(id: number, worker: number): void {
    const collection = this.#collections.get(id);
    if (collection?.pending.delete(worker) && collection.pending.size === 0) collection.done();
  }
}
