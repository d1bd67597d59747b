import { PeriodicTask } from '../../proto/async/periodic-task.js';
import { type Grant, statusAt } from '../grants/grant.js';
import type { Grants } from '../grants/grants.js';
import { type GrantMetrics, LAG_AGES, type LagAge, TIMES_LEFT, type TimeLeft } from '../metrics/grant-metrics.js';
import type { LagCounter } from './lag/lag-counter.js';
import { TurnBudget } from './lag/turn-budget.js';

export interface GrantWatchDeps {
  grants: Pick<Grants, 'list'>;
  counter: Pick<LagCounter, 'of'>;
  metrics: GrantMetrics;
  clock(): number;
}

/** The cursors that the count knows are at most so old. */
const WATCH_INTERVAL_MS = 30_000;
const REPORTED_STATUSES = ['provisioning', 'in_force', 'suspended'];
const AGES = Object.entries(LAG_AGES) as [LagAge, number][];
const LEFT = Object.entries(TIMES_LEFT) as [TimeLeft, number][];

class Tally {
  readonly byStatus = new Map(REPORTED_STATUSES.map((status) => [status, 0]));
  readonly byAge = new Map(AGES.map(([age]) => [age, 0]));
  readonly byTimeLeft = new Map(LEFT.map(([within]) => [within, 0]));
  uncounted = 0;
}

/** Sums all grants up in a few numbers: by status, by what is left of their period, by the lag of their cursors. */
export class GrantWatch {
  readonly #look = new PeriodicTask(WATCH_INTERVAL_MS, () => this.#sumUp());

  constructor(private readonly deps: GrantWatchDeps) {}

  start(): void {
    this.#look.start();
  }

  stop(): void {
    this.#look.stop();
  }

  async #sumUp(): Promise<void> {
    const { grants, metrics, clock } = this.deps;
    const [nowMs, tally, budget] = [clock(), new Tally(), new TurnBudget()];
    for (const grant of grants.list()) {
      this.#add(grant, tally, nowMs);
      if (budget.isUsedUp) await budget.nextTurn();
    }
    metrics.grantsNow(tally.byStatus);
    metrics.cursorsNow(tally.byAge, tally.uncounted);
    metrics.endingNow(tally.byTimeLeft);
  }

  #add(grant: Grant, tally: Tally, nowMs: number): void {
    const status = statusAt(grant, nowMs);
    if (!tally.byStatus.has(status)) return;
    increase(tally.byStatus, status);
    if (status !== 'in_force') return;
    const leftSeconds = (grant.toMs - nowMs) / 1000;
    for (const [within, seconds] of LEFT) if (leftSeconds <= seconds) increase(tally.byTimeLeft, within);
    for (const { oldestMs, isExact } of this.deps.counter.of(grant.id, nowMs)) {
      const ageSeconds = oldestMs === undefined ? 0 : Math.max(0, nowMs - oldestMs) / 1000;
      const [age] = AGES.find(([, atMost]) => ageSeconds <= atMost) ?? (['more'] as const);
      increase(tally.byAge, age);
      if (!isExact) tally.uncounted++;
    }
  }
}

function increase<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
