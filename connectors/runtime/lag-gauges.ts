import { Gauge, type Registry } from 'prom-client';
import type { Lag } from './source/source.js';

type Unit = Lag['unit'];

const HELP: Record<Unit, string> = {
  bytes: 'Bytes that the source has written and the bus has not confirmed; 0 when the last write is done',
  records: 'Records that are read and not confirmed; 0 when the last write is done',
  seconds: 'Age of what is not written yet, here or at the bus; 0 when the last write is done',
};

/**
 * The lag of a connector, read when it is scraped: a value that is set with each write would stand still at the lag of the last
 * one. One metric for each unit; the one with the unit as a label stays for one release.
 */
export class LagGauges {
  readonly #read = new Map<Unit, () => number>();

  constructor(private readonly registry: Registry) {
    const read = this.#read;
    new Gauge({
      name: 'sluice_connector_lag',
      help: 'Lag of the connector: use the metric of its unit, this one goes with the next release',
      labelNames: ['unit'] as const,
      registers: [registry],
      collect() {
        for (const [unit, lag] of read) this.set({ unit }, lag());
      },
    });
  }

  set(unit: Unit, read: () => number): void {
    if (!this.#read.has(unit)) this.#register(unit);
    this.#read.set(unit, read);
  }

  #register(unit: Unit): void {
    const lag = (): number => this.#read.get(unit)?.() ?? 0;
    new Gauge({
      name: `sluice_connector_lag_${unit}`,
      help: HELP[unit],
      registers: [this.registry],
      collect() {
        this.set(lag());
      },
    });
  }
}
