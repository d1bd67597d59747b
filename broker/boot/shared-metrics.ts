import { AggregatorRegistry, type Registry } from 'prom-client';
import { SluiceError } from '../../proto/errors.js';
import type { MetricsQuestion, ToWorker } from './worker-messages.js';

/** Collecting from all workers takes milliseconds; a worker that hangs must not hang the scrape. */
const ANSWER_MS_MAX = 5_000;

/** Metrics of all workers of this broker, from whichever worker is asked. */
export class SharedMetrics {
  readonly contentType: Registry['contentType'];
  readonly #waiting = new Map<number, (text: string) => void>();
  #nextId = 0;

  /** `own` is this worker's part; the primary gathers it through prom-client's own messages. */
  constructor(own: Registry) {
    this.contentType = own.contentType;
    AggregatorRegistry.setRegistries([own]);
    // Its constructor registers the listener by which this worker answers the primary.
    new AggregatorRegistry();
    process.on('message', (message: ToWorker) => {
      if (message.kind === 'metrics') this.#waiting.get(message.id)?.(message.text);
    });
  }

  metrics(): Promise<string> {
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
      process.send?.({ kind: 'metrics', id } satisfies MetricsQuestion);
    });
  }
}
