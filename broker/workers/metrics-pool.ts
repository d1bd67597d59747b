import type { Worker } from 'node:cluster';
import type { MetricsOfWorker } from '../boot/worker-messages.js';
import { expose, type Format } from '../metrics/output/exposition.js';
import { addUp, cumulativeOf, fromMessage, type MetricValues } from '../metrics/output/metric-values.js';
import { WorkerAnswers } from './worker-answers.js';

/** Adds the metrics of the workers of a broker up, with those counters and histograms that ended workers had reached. Decision: docs/decisions/0117. */
export class MetricsPool {
  readonly #latest = new Map<number, MetricValues[]>();
  #ended: MetricValues[] = [];
  readonly #answers = new WorkerAnswers();

  async text(workers: readonly Worker[], format: Format): Promise<string> {
    await this.#answers.collect(workers, (id) => ({ kind: 'metrics-question', id }));
    return expose(addUp([...this.#latest.values(), this.#ended]), format);
  }

  onAnswer(worker: Worker, { id, metrics }: MetricsOfWorker): void {
    this.#latest.set(worker.id, fromMessage(metrics));
    this.#answers.answered(id, worker);
  }

  onExit(worker: Worker): void {
    this.#ended = addUp([this.#ended, cumulativeOf(this.#latest.get(worker.id) ?? [])]);
    this.#latest.delete(worker.id);
    this.#answers.onExit(worker);
  }
}
