import { PeriodicTask } from '../../proto/async/periodic-task.js';
import { entryFilter } from '../../proto/subject.js';
import type { Catalog } from '../catalog/catalog.js';
import type { GrantMetrics } from '../metrics/grant-metrics.js';
import type { Bus } from '../nats/bus.js';
import { lastOf } from '../nats/read/leader-get.js';
import { eventStream } from '../nats/stream-names.js';
import type { CountsByKey } from './counts-by-key.js';
import { TurnBudget } from './lag/turn-budget.js';

export interface LateEntriesDeps {
  bus: Bus;
  catalog: Pick<Catalog, 'list' | 'published' | 'onChange'>;
  counts: CountsByKey;
  metrics: GrantMetrics;
  clock(): number;
}

const DAY_MS = 24 * 60 * 60 * 1000;
/** Days between two updates at the latest. `real_time` and `other` promise no time. */
const DAYS_BETWEEN: Readonly<Record<string, number>> = {
  daily: 1,
  weekly: 7,
  monthly: 31,
  quarterly: 92,
  half_yearly: 184,
  yearly: 366,
};
/** Days after which an entry of that update frequency is late without a new event; undefined where it promises no time. */
export const daysBetweenUpdates = (frequency: unknown): number | undefined => DAYS_BETWEEN[String(frequency ?? '')];

const WATCH_INTERVAL_MS = 60_000;
/** Asked of the store in one interval: at a start with 40,000 entries the last is known after forty minutes. */
const CHECKS_PER_INTERVAL = 1_000;
/** Late entries are looked at again so often; sooner where this broker has accepted events of them. All 40,000 would take forty minutes. */
const RECHECK_MS = 60 * 60_000;

/** An entry whose last event is older than the update frequency that it declares. */
export interface LateEntry {
  entry: string;
  frequency: string;
  /** When an event was due at the latest. */
  dueAtMs: number;
}

interface Watched {
  frequency: string;
  partition: number;
  betweenMs: number;
  publishedAtMs: number;
  checkAtMs: number;
  /** Set while the entry is late. */
  lateSinceMs: number | undefined;
  /** Events that this broker had accepted when the store was asked. */
  accepted: number;
}

/**
 * Finds the entries whose last event is older than the update frequency that they declare. Nothing is done when an event is accepted:
 * the store is asked when an entry would be late, and knows its last event by then (docs/decisions/0281).
 */
export class LateEntries {
  readonly #watched = new Map<string, Watched>();
  /** Entries whose document is to be read. */
  readonly #changed = new Set<string>();
  readonly #look = new PeriodicTask(WATCH_INTERVAL_MS, () => this.#watchOnce());
  #stopWatching = (): void => undefined;

  constructor(private readonly deps: LateEntriesDeps) {}

  start(): void {
    const { catalog } = this.deps;
    for (const { id } of catalog.list()) this.#changed.add(id);
    this.#stopWatching = catalog.onChange((id) => this.#changed.add(id));
    this.#look.start();
  }

  stop(): void {
    this.#look.stop();
    this.#stopWatching();
  }

  /** The entries that were late when the store was asked last. */
  get late(): Iterable<LateEntry> {
    return lateOf(this.#watched);
  }

  /** Resolves when the entries that are due were looked at. */
  watch(): Promise<void> {
    return this.#look.now();
  }

  async #watchOnce(): Promise<void> {
    try {
      await this.#readChanged();
      await this.#checkDue();
    } catch {
      // The store is away: what was known stays.
    }
    this.#report();
  }

  async #readChanged(): Promise<void> {
    const budget = new TurnBudget();
    for (const id of [...this.#changed].slice(0, CHECKS_PER_INTERVAL)) {
      this.#changed.delete(id);
      const version = this.deps.catalog.published(id);
      const frequency = String(version?.document.updateFrequency ?? '');
      const days = DAYS_BETWEEN[frequency];
      if (!version || days === undefined) this.#watched.delete(id);
      else {
        const publishedAtMs = Date.parse(version.publishedAt);
        const { partition } = version;
        const betweenMs = days * DAY_MS;
        this.#watched.set(id, {
          frequency,
          partition,
          betweenMs,
          publishedAtMs,
          checkAtMs: 0,
          lateSinceMs: undefined,
          accepted: 0,
        });
      }
      if (budget.isUsedUp) await budget.nextTurn();
    }
  }

  async #checkDue(): Promise<void> {
    const nowMs = this.deps.clock();
    const accepted = await this.deps.counts.collect();
    const isMended = (id: string, entry: Watched): boolean =>
      entry.lateSinceMs !== undefined && (accepted.get(id) ?? 0) !== entry.accepted;
    let checks = 0;
    for (const [id, entry] of this.#watched) {
      if (entry.checkAtMs > nowMs && !isMended(id, entry)) continue;
      if (checks++ === CHECKS_PER_INTERVAL) return;
      const last = await lastOf(this.deps.bus, eventStream(entry.partition), entryFilter(entry.partition, id));
      const dueAtMs = (last?.timeMs ?? entry.publishedAtMs) + entry.betweenMs;
      const isLate = dueAtMs <= nowMs;
      entry.lateSinceMs = isLate ? dueAtMs : undefined;
      entry.accepted = accepted.get(id) ?? 0;
      entry.checkAtMs = isLate ? nowMs + RECHECK_MS : dueAtMs;
    }
  }

  #report(): void {
    const byFrequency = new Map(Object.keys(DAYS_BETWEEN).map((frequency) => [frequency, 0]));
    for (const { frequency } of this.late) byFrequency.set(frequency, (byFrequency.get(frequency) ?? 0) + 1);
    this.deps.metrics.lateEntriesNow(byFrequency);
  }
}

function* lateOf(watched: ReadonlyMap<string, Watched>): Generator<LateEntry> {
  for (const [entry, { frequency, lateSinceMs }] of watched)
    if (lateSinceMs !== undefined) yield { entry, frequency, dueAtMs: lateSinceMs };
}
