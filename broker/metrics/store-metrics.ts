import type { Counter, Gauge } from 'prom-client';
import type { MetricFactory } from './metric-factory.js';

/** The connection to NATS. */
export class StoreMetrics {
  readonly #up: Gauge;
  readonly #reconnects: Counter;
  readonly #capacity: Gauge;
  readonly #free: Gauge;
  readonly #open: Gauge;

  constructor(make: MetricFactory) {
    this.#up = make.gauge('sluice_nats_up', '1 while connected to NATS', { aggregator: 'min' });
    this.#capacity = make.gauge(
      'sluice_store_capacity_bytes',
      'Bytes of the disk of the store, or storage limit of its account',
      { aggregator: 'max' },
    );
    this.#free = make.gauge('sluice_store_free_bytes', 'Bytes of the capacity that are free, whoever uses the rest', {
      aggregator: 'min',
    });
    this.#open = make.gauge(
      'sluice_store_takes_events',
      '1 while events are stored, 0 while they are refused because too little of the store is left',
      { aggregator: 'min' },
    );
    this.#reconnects = make.counter('sluice_nats_reconnects_total', 'Times the connection to NATS was re-established');
  }

  connectionChanged(up: boolean): void {
    this.#up.set(up ? 1 : 0);
  }

  roomMeasured({ capacity, free }: { capacity: number; free: number }): void {
    this.#capacity.set(capacity);
    this.#free.set(free);
  }

  roomChanged(isOpen: boolean): void {
    this.#open.set(isOpen ? 1 : 0);
  }

  reconnected(): void {
    this.#reconnects.inc();
  }
}
