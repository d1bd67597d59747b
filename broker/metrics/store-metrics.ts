import type { Counter, Gauge } from 'prom-client';
import type { MetricFactory } from './metric-factory.js';

/** The connection to NATS. */
export class StoreMetrics {
  readonly #up: Gauge;
  readonly #reconnects: Counter;

  constructor(make: MetricFactory) {
    this.#up = make.gauge('sluice_nats_up', '1 while connected to NATS', { aggregator: 'min' });
    this.#reconnects = make.counter('sluice_nats_reconnects_total', 'Times the connection to NATS was re-established');
  }

  connectionChanged(up: boolean): void {
    this.#up.set(up ? 1 : 0);
  }

  reconnected(): void {
    this.#reconnects.inc();
  }
}
