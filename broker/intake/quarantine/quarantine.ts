import type { ErrorCode } from '../../../proto/errors.js';
import type { IntakeMetrics } from '../../metrics/intake-metrics.js';
import type { Publisher } from '../../nats/write/publisher.js';
import type { BacklogLimits } from '../intake-limits.js';
import { Backlog } from '../queue/backlog.js';
import { RecentIds } from '../source-progress/recent-ids.js';
import { MissedNotice } from './missed-notice.js';
import type { QuarantineEntry } from './quarantine-record.js';

/** Of one atomic batch. */
export const QUARANTINE_BATCH_RECORDS = 200;
export const QUARANTINE_BATCH_BYTES = 4 * 1024 * 1024;

interface Kept {
  entry: QuarantineEntry;
  code: ErrorCode;
}

export interface QuarantineDeps {
  publisher: Publisher;
  metrics: IntakeMetrics;
  clock: () => number;
  limits: BacklogLimits;
  /** Told now and then of events that the store did not take. */
  onMissed: (message: string, error: unknown) => void;
}

/** Keeps refused events for their source to repair. */
export class Quarantine {
  readonly #deps: QuarantineDeps;
  readonly #recent: RecentIds;
  readonly #backlog: Backlog;
  readonly #notice: MissedNotice;
  #waiting: Kept[] = [];
  #writing: Promise<void> | undefined;

  constructor(deps: QuarantineDeps) {
    this.#deps = deps;
    this.#recent = new RecentIds(deps.clock);
    this.#backlog = new Backlog(deps.limits);
    this.#notice = new MissedNotice(deps.clock, deps.onMissed);
  }

  /**
   * Soon, in the background; false, with nothing done, when too much waits already. What the store does not take is
   * counted and gone: its source was told all the same.
   */
  keep(entry: QuarantineEntry, code: ErrorCode): boolean {
    // A source that sends the same wrong event again and again fills nothing.
    if (this.#recent.get(entry.subject, entry.key) !== undefined) return true;
    if (!this.#backlog.hasRoom(1, entry.bytes.length)) return false;
    this.#recent.add(entry.subject, entry.key, 0);
    this.#waiting.push({ entry, code });
    this.#backlog.add(entry.bytes.length);
    this.#writing ??= this.#writeAll();
    return true;
  }

  /** Undefined while there is room; else resolves when it is worth going on. */
  pressure(): Promise<void> | undefined {
    return this.#backlog.pressure();
  }

  /** All or none of one batch; rejects when they could not be stored. */
  async store(records: Kept[]): Promise<void> {
    const { publisher, metrics } = this.#deps;
    await publisher.publishBatch(records.map(({ entry }) => ({ subject: entry.subject, data: entry.bytes })));
    for (const { code } of records) metrics.eventQuarantined(code);
  }

  async drain(): Promise<void> {
    await this.#writing;
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#takeBatch();
      try {
        await this.store(batch);
      } catch (error) {
        this.#miss(batch, error);
      }
      for (const { entry } of batch) this.#backlog.remove(entry.bytes.length);
    }
    this.#writing = undefined;
  }

  #miss(batch: readonly Kept[], error: unknown): void {
    this.#deps.metrics.quarantineMissed(batch.length);
    this.#notice.add(batch.length, error);
    // When it comes again it is to be kept.
    for (const { entry } of batch) this.#recent.delete(entry.subject, entry.key);
  }

  #takeBatch(): Kept[] {
    let bytes = 0;
    let count = 0;
    for (const { entry } of this.#waiting.slice(0, QUARANTINE_BATCH_RECORDS)) {
      if (count > 0 && bytes + entry.bytes.length > QUARANTINE_BATCH_BYTES) break;
      bytes += entry.bytes.length;
      count++;
    }
    return this.#waiting.splice(0, count);
  }
}
