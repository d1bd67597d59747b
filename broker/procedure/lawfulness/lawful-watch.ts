import { RepeatedLook } from '../../../proto/async/repeated-look.js';
import { CLOCKS_DUE, type ClockDue, type LawfulMetrics } from '../../metrics/lawful-metrics.js';
import type { Breaches, OpenClock, OpenClocksPage } from '../projection/lawfulness-queries.js';
import type { Projection } from '../projection/projection.js';

export interface LawfulWatchDeps {
  projection: Pick<Projection, 'ask'>;
  metrics: LawfulMetrics;
  /** Time of the bus, in milliseconds since 1970. */
  clock(): number;
}

const WATCH_INTERVAL_MS = 60_000;
/** Some milliseconds of the projection, which answers officers meanwhile. */
const PAGE_CLOCKS = 2_000;
const LEFT = Object.entries(CLOCKS_DUE) as [ClockDue, number][];

/** Counts deadlines, violations and unread notices of all files once a minute. */
export class LawfulWatch {
  readonly #look = new RepeatedLook(WATCH_INTERVAL_MS, async () => {
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
    const counts = new Map<string, Map<ClockDue, number>>();
    for (let after: number | undefined = 0; after !== undefined; ) {
      const query = { after, limit: PAGE_CLOCKS };
      const page = (await projection.ask({ what: 'open-clocks', query })) as OpenClocksPage;
      for (const open of page.clocks) add(counts, open, nowMs);
      after = page.next;
    }
    metrics.clocksNow(counts);
    const { violations, unreadNotices } = (await projection.ask({ what: 'breaches' })) as Breaches;
    metrics.violationsNow(new Map(violations.map(({ code, files }) => [code, files])));
    metrics.unreadNoticesNow(unreadNotices);
  }
}

function add(counts: Map<string, Map<ClockDue, number>>, open: OpenClock, nowMs: number): void {
  const due = dueOf(open, nowMs);
  const byDue = counts.get(open.id) ?? new Map<ClockDue, number>();
  byDue.set(due, (byDue.get(due) ?? 0) + 1);
  counts.set(open.id, byDue);
}

function dueOf({ state, lateFrom }: OpenClock, nowMs: number): ClockDue {
  if (state === 'late') return 'overdue';
  if (state === 'paused') return 'paused';
  const leftSeconds = (Date.parse(lateFrom) - nowMs) / 1000;
  return LEFT.find(([, seconds]) => leftSeconds <= seconds)?.[0] ?? 'later';
}
