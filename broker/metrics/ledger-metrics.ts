import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { SHORT_SECONDS } from './metric-buckets.js';

/** Governance acts and whether this broker sees them. */
export class LedgerMetrics {
  readonly #appended: Counter;
  readonly #appendSeconds: Histogram;
  readonly #conflicts: Counter;
  readonly #records: Gauge;
  readonly #inSight: Gauge;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#appended = new Counter({
      name: 'sluice_ledger_appended_total',
      help: 'Records that this broker appended to the ledger',
      labelNames: ['kind'],
      registers,
    });
    this.#appendSeconds = new Histogram({
      name: 'sluice_ledger_append_duration_seconds',
      help: 'Time of one append, its retries after conflicts included',
      buckets: SHORT_SECONDS,
      registers,
    });
    this.#conflicts = new Counter({
      name: 'sluice_ledger_conflicts_total',
      help: 'Appends that another broker came before and that were decided again',
      registers,
    });
    this.#records = new Gauge({
      name: 'sluice_ledger_records',
      help: 'Sequence of the newest ledger record that this broker has read',
      aggregator: 'max',
      registers,
    });
    this.#inSight = new Gauge({
      name: 'sluice_ledger_in_sight',
      help: '1 while this broker sees the ledger, 0 when it has stopped delivering for not seeing it',
      aggregator: 'min',
      registers,
    });
  }

  appended(kind: string, records: number, seconds: number): void {
    this.#appended.inc({ kind }, records);
    this.#appendSeconds.observe(seconds);
  }

  conflict(): void {
    this.#conflicts.inc();
  }

  recordRead(sequence: number): void {
    this.#records.set(sequence);
  }

  sightChanged(inSight: boolean): void {
    this.#inSight.set(inSight ? 1 : 0);
  }
}
