import type { Counter, Gauge, Histogram } from 'prom-client';
import { SHORT_SECONDS } from './metric-buckets.js';
import type { MetricFactory } from './metric-factory.js';

/** Governance acts, and whether this broker's view of the ledger is fresh. */
export class LedgerMetrics {
  readonly #appended: Counter;
  readonly #appendSeconds: Histogram;
  readonly #conflicts: Counter;
  readonly #records: Gauge;
  readonly #unchecked: Gauge;
  readonly #fresh: Gauge;
  readonly #broken: Gauge;
  readonly #journalFailing: Gauge;
  readonly #clockSteps: Counter;
  readonly #lag: Gauge;
  readonly #unsealed: Gauge;
  readonly #unsealedSeconds: Gauge;

  constructor(make: MetricFactory) {
    this.#appended = make.counter('sluice_ledger_appended_total', 'Records that this broker appended to the ledger', [
      'kind',
    ]);
    this.#appendSeconds = make.histogram(
      'sluice_ledger_append_duration_seconds',
      'Time of one append, with its retries after conflicts',
      SHORT_SECONDS,
    );
    this.#conflicts = make.counter(
      'sluice_ledger_conflicts_total',
      'Appends that lost against an append of another broker and were decided again',
    );
    this.#records = make.gauge(
      'sluice_ledger_records',
      'Sequence of the newest ledger record that this broker has read',
      { aggregator: 'max' },
    );
    this.#unchecked = make.gauge(
      'sluice_ledger_unchecked_records',
      'Records before the checkpoint of the last start whose chain is still to be checked beside everything else; 0 when the check is over',
      { aggregator: 'max' },
    );
    this.#fresh = make.gauge(
      'sluice_ledger_in_sight',
      '1 while the view of the ledger is fresh, 0 when it is stale and nothing is delivered',
      { aggregator: 'min' },
    );
    [this.#broken, this.#journalFailing] = faultGauges(make);
    this.#clockSteps = make.counter(
      'sluice_clock_steps_total',
      'Times the wall clock of the machine was set by a second or more while the broker ran',
    );
    this.#lag = make.gauge(
      'sluice_ledger_lag_seconds',
      'Time since this broker was last certain to have read every record of the ledger',
      { aggregator: 'max' },
    );
    this.#unsealed = make.gauge(
      'sluice_receipts_unsealed',
      'Delivery receipts whose chain is not sealed in the ledger yet',
    );
    this.#unsealedSeconds = make.gauge(
      'sluice_receipts_unsealed_age_seconds',
      'Age of the oldest delivery receipt that is not sealed yet; 0 without one',
      { aggregator: 'max' },
    );
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

  uncheckedNow(records: number): void {
    this.#unchecked.set(records);
  }

  lagNow(seconds: number): void {
    this.#lag.set(seconds);
  }

  unsealedNow(receipts: number, oldestSeconds: number): void {
    this.#unsealed.set(receipts);
    this.#unsealedSeconds.set(oldestSeconds);
  }

  clockStepped(): void {
    this.#clockSteps.inc();
  }

  broken(): void {
    this.#broken.set(1);
  }

  journalWritten(isWritten: boolean): void {
    this.#journalFailing.set(isWritten ? 0 : 1);
  }

  freshnessChanged(isFresh: boolean): void {
    this.#fresh.set(isFresh ? 1 : 0);
  }
}

/** Faults that break the ledger, or a later restore of it. */
const faultGauges = (make: MetricFactory): [broken: Gauge, journalFailing: Gauge] => [
  make.gauge(
    'sluice_ledger_broken',
    '1 when a record of the ledger does not hold: nothing is delivered, and no broker starts',
    { aggregator: 'max' },
  ),
  make.gauge(
    'sluice_rights_journal_failing',
    '1 while the journal of rights beside the data folder cannot be written',
    { aggregator: 'max' },
  ),
];
