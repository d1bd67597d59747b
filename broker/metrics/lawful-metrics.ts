import type { Counter, Gauge } from 'prom-client';
import type { MetricFactory } from './metric-factory.js';

/** Seconds until a deadline is late, at most, by the label under which it is counted. */
export const CLOCKS_DUE = {
  overdue: 0,
  '1d': 86_400,
  '3d': 3 * 86_400,
  '7d': 7 * 86_400,
  later: Number.POSITIVE_INFINITY,
  paused: Number.NaN,
};
export type ClockDue = keyof typeof CLOCKS_DUE;
const DUES = Object.keys(CLOCKS_DUE) as ClockDue[];

/** Deadlines of the regulation, each with a promise of its provider beside it or not; others are counted together. */
const CLOCK_NAMES = ['D1', 'D2', 'D3', 'D4', 'D6', 'D7', 'D8', 'D9', 'T27', 'L28', 'I1', 'R23', 'other'] as const;
const NAMES: ReadonlySet<string> = new Set(CLOCK_NAMES);
/** Codes of violations as the regulation has them: of providers, of departments that use data, of others. */
const CODE = /^[PQC][1-9]$/;

const nameOf = (clock: string): string => {
  const [name = ''] = clock.split('.');
  return NAMES.has(name) ? name : 'other';
};

/** The lawful procedure of a registered bus in a few numbers; files, parties and officers are named nowhere. */
export class LawfulMetrics {
  readonly #clocks: Gauge;
  readonly #violations: Gauge;
  readonly #unread: Gauge;
  readonly #refused: Counter;
  #projectionLag = (): number => 0;

  constructor(make: MetricFactory) {
    // Every process knows all of them: a sum over workers would count each several times.
    const shared = { aggregator: 'max' } as const;
    this.#clocks = make.gauge(
      'sluice_lawful_clocks',
      'Deadlines of files that still ask for an act, by kind and by the time that is left: at most the label, and above the one before',
      { labels: ['clock', 'due'], ...shared },
    );
    this.#violations = make.gauge(
      'sluice_lawful_violations',
      'Violations on record that are neither closed nor dismissed, by code',
      { labels: ['code'], ...shared },
    );
    this.#unread = make.gauge(
      'sluice_lawful_unread_notices',
      'Notices to one department each that it has not read',
      shared,
    );
    make.gauge(
      'sluice_projection_lag_seconds',
      'Time that what officers read has lacked records of the ledger; 0 while it has all, and in trial mode',
      { aggregator: 'max', collect: () => this.#projectionLag() },
    );
    this.#refused = make.counter(
      'sluice_lawful_outsider_calls_refused_total',
      'Calls of platform operators and contractors that were refused because the procedure is closed to them',
    );
  }

  /** Deadline → time left → number of them; those that are not named have none. */
  clocksNow(counts: ReadonlyMap<string, ReadonlyMap<ClockDue, number>>): void {
    for (const clock of CLOCK_NAMES) for (const due of DUES) this.#clocks.set({ clock, due }, 0);
    for (const [clock, byDue] of counts)
      for (const [due, files] of byDue) this.#clocks.inc({ clock: nameOf(clock), due }, files);
  }

  violationsNow(byCode: ReadonlyMap<string, number>): void {
    this.#violations.reset();
    this.#violations.set({ code: 'other' }, 0);
    for (const [code, files] of byCode) this.#violations.inc({ code: CODE.test(code) ? code : 'other' }, files);
  }

  unreadNoticesNow(notices: number): void {
    this.#unread.set(notices);
  }

  /** `lag` is asked at each scrape. */
  projectionOpened(lag: () => number): void {
    this.#projectionLag = lag;
  }

  outsiderRefused(): void {
    this.#refused.inc();
  }
}
