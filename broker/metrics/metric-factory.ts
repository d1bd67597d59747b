import { Counter, Gauge, Histogram, type Metric, type Registry } from 'prom-client';
import { QuickHistogram } from './quick-histogram.js';

/** How the workers of one broker add a gauge up: by sum unless it says otherwise. */
type Aggregator = 'sum' | 'min' | 'max';

/**
 * A counter with one label for what happens thousands of times a second. The library looks its labels up by a string that it
 * makes of them each time; this adds to a number, and gives it to the library when somebody asks for the metrics.
 */
export class QuickCounter {
  readonly #counts = new Map<string | number, number>();

  constructor(
    private readonly counter: Counter,
    private readonly label: string,
  ) {}

  add(value: string | number, count: number): void {
    this.#counts.set(value, (this.#counts.get(value) ?? 0) + count);
  }

  /** To be called before the counter is read. */
  collect(): void {
    for (const [value, count] of this.#counts) this.counter.inc({ [this.label]: value }, count);
    this.#counts.clear();
  }
}

interface GaugeOptions {
  labels?: readonly string[];
  aggregator?: Aggregator;
  /** Reads the value when it is asked for. */
  collect?: () => number;
}

/** Makes the metrics of one registry, so that each takes one line where it is declared. */
export class MetricFactory {
  constructor(private readonly registry: Registry) {}

  /**
   * `begin` are values of its only label that are at 0 from the start: a counter that begins with its first event has no increase, so no
   * alert sees that event.
   */
  counter(
    name: string,
    help: string,
    labelNames: readonly string[] = [],
    begin: readonly (string | number)[] = [],
  ): Counter {
    const counter = new Counter({ name, help, labelNames, registers: [this.registry] });
    for (const value of begin) counter.inc({ [labelNames[0] as string]: value }, 0);
    return counter;
  }

  /** A counter with one label for the hot path. */
  quickCounter(name: string, help: string, label: string): QuickCounter {
    const counter = new Counter({
      name,
      help,
      labelNames: [label],
      registers: [this.registry],
      collect: () => quick.collect(),
    });
    const quick = new QuickCounter(counter, label);
    return quick;
  }

  gauge(name: string, help: string, { labels = [], aggregator = 'sum', collect }: GaugeOptions = {}): Gauge {
    return new Gauge({
      name,
      help,
      labelNames: labels,
      aggregator,
      registers: [this.registry],
      ...(collect && {
        collect() {
          this.set(collect());
        },
      }),
    });
  }

  histogram(name: string, help: string, buckets: readonly number[], labelNames: readonly string[] = []): Histogram {
    return new Histogram({ name, help, buckets: [...buckets], labelNames, registers: [this.registry] });
  }

  /** A histogram without labels for the hot path. */
  quickHistogram(name: string, help: string, buckets: readonly number[]): QuickHistogram {
    const histogram = new QuickHistogram({ name, help, buckets });
    this.registry.registerMetric(histogram as unknown as Metric);
    return histogram;
  }
}
