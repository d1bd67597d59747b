import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** How the workers of one broker add a gauge up: by sum unless it says otherwise. */
type Aggregator = 'sum' | 'min' | 'max';

/** Makes the metrics of one registry, so that each takes one line where it is declared. */
export class MetricFactory {
  constructor(private readonly registry: Registry) {}

  counter(name: string, help: string, labelNames: readonly string[] = []): Counter {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }

  gauge(
    name: string,
    help: string,
    { labels = [], aggregator = 'sum' }: { labels?: readonly string[]; aggregator?: Aggregator } = {},
  ): Gauge {
    return new Gauge({ name, help, labelNames: labels, aggregator, registers: [this.registry] });
  }

  histogram(name: string, help: string, buckets: readonly number[], labelNames: readonly string[] = []): Histogram {
    return new Histogram({ name, help, buckets: [...buckets], labelNames, registers: [this.registry] });
  }
}
