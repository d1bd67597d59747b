import type { Registry } from 'prom-client';
import { SluiceError } from '../../proto/errors.js';
import type { Format } from '../metrics/output/exposition.js';
import { type MetricValues, toMessage } from '../metrics/output/metric-values.js';
import type { MetricsOfWorker, MetricsQuestion, ToWorker } from './worker-messages.js';

/** Collecting from all workers takes milliseconds; a primary that hangs must not hang the scrape. */
const ANSWER_MS_MAX = 5_000;

/** Metrics of all workers of this broker, from whichever worker is asked. */
export class SharedMetrics {
  readonly #waiting = new Map<number, (text: string) => void>();
  #nextId = 0;

  /** `own` is this worker's part, which the primary asks for. */
  constructor(private readonly own: Registry) {
    process.on('message', (message: ToWorker) => {
      if (message.kind === 'metrics') this.#waiting.get(message.id)?.(message.text);
      else if (message.kind === 'metrics-question') void this.#answer(message.id);
    });
  }

  text(format: Format): Promise<string> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        reject(new SluiceError('INTERNAL', `timed out after ${ANSWER_MS_MAX} ms collecting worker metrics`));
      }, ANSWER_MS_MAX);
      this.#waiting.set(id, (text) => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        resolve(text);
      });
      process.send?.({ kind: 'metrics', id, format } satisfies MetricsQuestion);
    });
  }

  async #answer(id: number): Promise<void> {
    const metrics = toMessage((await this.own.getMetricsAsJSON()) as unknown as MetricValues[]);
    if (process.connected) process.send?.({ kind: 'worker-metrics', id, metrics } satisfies MetricsOfWorker);
  }
}
