import type { Exemplar, MetricValue, MetricValues } from './output/metric-values.js';

export interface QuickHistogramOptions {
  name: string;
  help: string;
  /** Ascending upper bounds. */
  buckets: readonly number[];
}

/** A further exemplar of a bucket within this time says nothing new. */
const EXEMPLAR_INTERVAL_MS = 1_000;

/**
 * A histogram without labels for what happens tens of thousands of times a second: an observation is a search in an array of
 * bounds, where prom-client looks a hash of labels up and allocates. A registry takes it like any other metric.
 */
export class QuickHistogram {
  readonly type = 'histogram';
  readonly name: string;
  readonly help: string;
  readonly aggregator = 'sum';
  readonly #buckets: readonly number[];
  /** One more than buckets, for what is above all bounds. */
  readonly #counts: Float64Array;
  readonly #exemplars: (Exemplar | undefined)[] = [];
  #sum = 0;

  constructor({ name, help, buckets }: QuickHistogramOptions) {
    this.name = name;
    this.help = help;
    this.#buckets = buckets;
    this.#counts = new Float64Array(buckets.length + 1);
  }

  /** `traceIdOf` is called when the bucket has no recent exemplar; undefined: there is no trace. */
  observe(value: number, traceIdOf?: () => string | undefined): void {
    let bucket = 0;
    while (bucket < this.#buckets.length && value > (this.#buckets[bucket] as number)) bucket++;
    this.#counts[bucket]!++;
    this.#sum += value;
    if (traceIdOf) this.#addExemplar(bucket, value, traceIdOf);
  }

  get(): Promise<MetricValues> {
    const { name, help, type, aggregator } = this;
    const values: MetricValue[] = [];
    let count = 0;
    for (const [i, events] of this.#counts.entries()) {
      count += events;
      const labels = { le: this.#buckets[i] ?? '+Inf' };
      values.push({ metricName: `${name}_bucket`, labels, value: count, exemplar: this.#exemplars[i] });
    }
    values.push({ metricName: `${name}_sum`, labels: {}, value: this.#sum });
    values.push({ metricName: `${name}_count`, labels: {}, value: count });
    return Promise.resolve({ name, help, type, aggregator, values });
  }

  reset(): void {
    this.#counts.fill(0);
    this.#sum = 0;
  }

  #addExemplar(bucket: number, value: number, traceIdOf: () => string | undefined): void {
    const nowMs = Date.now();
    const known = this.#exemplars[bucket];
    if (known && nowMs - known.timestamp * 1000 < EXEMPLAR_INTERVAL_MS) return;
    const traceId = traceIdOf();
    if (traceId) this.#exemplars[bucket] = { labelSet: { trace_id: traceId }, value, timestamp: nowMs / 1000 };
  }
}
