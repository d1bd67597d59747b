import { Counter, Gauge, type Registry } from 'prom-client';

/** The connection to NATS. */
export class StoreMetrics {
  readonly #up: Gauge;
  readonly #reconnects: Counter;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#up = new Gauge({ name: 'sluice_nats_up', help: '1 while connected to NATS', aggregator: 'min', registers });
    this.#reconnects = new Counter({
      name: 'sluice_nats_reconnects_total',
      help: 'Times the connection to NATS came back',
      registers,
    });
  }

  connectionChanged(up: boolean): void {
    this.#up.set(up ? 1 : 0);
  }

  reconnected(): void {
    this.#reconnects.inc();
  }
}
