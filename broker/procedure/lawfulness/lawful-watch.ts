import { PeriodicTask } from '../../../proto/async/periodic-task.js';
import { CLOCKS_DUE, type ClockDue, type LawfulMetrics } from '../../metrics/lawful-metrics.js';
import type { Breaches, OpenClocks } from '../projection/lawfulness-queries.js';
import type { Projection } from '../projection/projection.js';

export interface LawfulWatchDeps {
  projection: Pick<Projection, 'ask'>;
  metrics: LawfulMetrics;
  /** Time of the bus, in milliseconds since 1970. */
  clock(): number;
}

const WATCH_INTERVAL_MS = 60_000;
/** Labels of running clocks, each with the seconds that are left at most, ascending. */
const LEFT = (Object.entries(CLOCKS_DUE) as [ClockDue, number][]).filter(([, seconds]) => Number.isFinite(seconds));

/** Counts deadlines, violations and unread notices of all files once a minute. */
export class LawfulWatch {
  readonly #look = new PeriodicTask(WATCH_INTERVAL_MS, async () => {
    try {
      await this.#count();
    } catch {
      // The last figures stay: a projection that is behind is made good by itself.
    }
  });

  constructor(private readonly deps: LawfulWatchDeps) {}

  start(): void {
    this.#look.start();
  }

  stop(): void {
    this.#look.stop();
  }

  /** Resolves when everything is counted, or the projection does not answer. */
  watch(): Promise<void> {
    return this.#look.now();
  }

  async #count(): Promise<void> {
    const { projection, metrics, clock } = this.deps;
    const nowMs = clock();
    const withinMs = LEFT.map(([, seconds]) => nowMs + seconds * 1000);
    const counts = new Map<string, Map<ClockDue, number>>();
    for (const open of (await projection.ask({ what: 'open-clocks', withinMs })) as OpenClocks[]) add(counts, open);
    metrics.clocksNow(counts);
    const { violations, unreadNotices } = (await projection.ask({ what: 'breaches' })) as Breaches;
    metrics.violationsNow(new Map(violations.map(({ code, files }) => [code, files])));
    metrics.unreadNoticesNow(unreadNotices);
  }
}

function add(counts: Map<string, Map<ClockDue, number>>, open: OpenClocks): void {
  const byDue = counts.get(open.id) ?? new Map<ClockDue, number>();
  for (const [due, clocks] of byLabel(open)) byDue.set(due, (byDue.get(due) ?? 0) + clocks);
  counts.set(open.id, byDue);
}

function byLabel({ state, clocks, within }: OpenClocks): [ClockDue, number][] {
  if (state === 'late') return [['overdue', clocks]];
  if (state === 'paused') return [['paused', clocks]];
  const upTo = [...within, clocks];
  const labels: ClockDue[] = [...LEFT.map(([label]) => label), 'later'];
  return labels.map((label, index) => [label, (upTo[index] ?? 0) - (upTo[index - 1] ?? 0)]);
}
