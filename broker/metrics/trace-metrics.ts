import type { Counter } from 'prom-client';
import type { MetricFactory } from './metric-factory.js';

/** Spans on their way to the trace store. */
export class TraceMetrics {
  readonly #exported: Counter;
  readonly #dropped: Counter;

  constructor(make: MetricFactory) {
    this.#exported = make.counter('sluice_trace_spans_exported_total', 'Spans that the trace store took');
    this.#dropped = make.counter(
      'sluice_trace_spans_dropped_total',
      'Spans that were dropped because the trace store did not take them in time',
    );
  }

  spansExported(spans: number): void {
    this.#exported.inc(spans);
  }

  spansDropped(spans: number): void {
    this.#dropped.inc(spans);
  }
}
