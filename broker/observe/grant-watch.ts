import { PeriodicTask } from '../../proto/async/periodic-task.js';
import { type Grant, statusAt } from '../grants/grant.js';
import type { Grants } from '../grants/grants.js';
import { type GrantMetrics, LAG_AGES, type LagAge, TIMES_LEFT, type TimeLeft } from '../metrics/grant-metrics.js';
import { isCanary } from '../parties/caller.js';
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

class GrantSums {
  readonly byStatus = new Map(REPORTED_STATUSES.map((status) => [status, 0]));
  readonly byAge = new Map(AGES.map(([age]) => [age, 0]));
  readonly byTimeLeft = new Map(LEFT.map(([within]) => [within, 0]));
  uncounted = 0;
}

/** Sums all grants up in a few numbers: by status, by what is left of their period, by the lag of their cursors. */
export class GrantWatch {
  readonly #task = new PeriodicTask(WATCH_INTERVAL_MS, () => this.#sumUp());

  constructor(private readonly deps: GrantWatchDeps) {}

  start(): void {
    this.#task.start();
  }

  stop(): void {
    this.#task.stop();
  }

  async #sumUp(): Promise<void> {
    const { grants, metrics, clock } = this.deps;
    const [nowMs, sums, budget] = [clock(), new GrantSums(), new TurnBudget()];
    for (const grant of grants.list()) {
      this.#add(grant, sums, nowMs);
      if (budget.isUsedUp) await budget.nextTurn();
    }
    metrics.grantsNow(sums.byStatus);
    metrics.cursorsNow(sums.byAge, sums.uncounted);
    metrics.endingNow(sums.byTimeLeft);
  }

  #add(grant: Grant, sums: GrantSums, nowMs: number): void {
    const status = statusAt(grant, nowMs);
    // Nobody has given the grants of the canary, and they are on no page of grants.
    if (!sums.byStatus.has(status) || isCanary(grant)) return;
    increase(sums.byStatus, status);
    if (status !== 'in_force') return;
    const leftSeconds = (grant.toMs - nowMs) / 1000;
    for (const [within, seconds] of LEFT) if (leftSeconds <= seconds) increase(sums.byTimeLeft, within);
    for (const { oldestMs, isExact } of this.deps.counter.of(grant.id, nowMs)) {
      const ageSeconds = oldestMs === undefined ? 0 : Math.max(0, nowMs - oldestMs) / 1000;
      const [age] = AGES.find(([, atMost]) => ageSeconds <= atMost) ?? (['more'] as const);
      increase(sums.byAge, age);
      if (!isExact) sums.uncounted++;
    }
  }
}

function increase<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
