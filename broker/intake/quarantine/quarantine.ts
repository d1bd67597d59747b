import type { ErrorCode } from '../../../proto/errors.js';
import type { IntakeMetrics } from '../../metrics/intake-metrics.js';
import type { Publisher } from '../../nats/write/publisher.js';
import type { BacklogLimits } from '../intake-limits.js';
import { Backlog } from '../queue/backlog.js';
import { RecentIds } from '../source-progress/recent-ids.js';
import type { QuarantineEntry } from './quarantine-record.js';
import { SourceNotice } from './source-notice.js';

/** Caps of one atomic batch of rejected events. */
export const QUARANTINE_BATCH_RECORDS = 200;
export const QUARANTINE_BATCH_BYTES = 4 * 1024 * 1024;

interface Rejected {
  entry: QuarantineEntry;
  code: ErrorCode;
}

export interface QuarantineDeps {
  publisher: Publisher;
  metrics: IntakeMetrics;
  clock: () => number;
  limits: BacklogLimits;
  /** Called now and then with whose events the store did not take. */
  onMissed: (message: string, error: unknown) => void;
  /** Called now and then with whose events were kept, and why. */
  onKept: (message: string) => void;
}

/** Keeps rejected events for their source to repair. */
export class Quarantine {
  readonly #deps: QuarantineDeps;
  readonly #recent: RecentIds;
  readonly #backlog: Backlog;
  readonly #lost: SourceNotice;
  readonly #kept: SourceNotice;
  #waiting: Rejected[] = [];
  /** Set while records are being written. */
  #writing: Promise<void> | undefined;

  constructor(deps: QuarantineDeps) {
    this.#deps = deps;
    this.#recent = new RecentIds(deps.clock);
    this.#backlog = new Backlog(deps.limits);
    this.#lost = new SourceNotice(deps.clock, 'lost rejected events of entry', deps.onMissed);
    this.#kept = new SourceNotice(deps.clock, 'quarantined events of entry', deps.onKept);
  }

  /**
   * Queues the record to be written in the background; false when the queue is full. A record that the store does not take is
   * counted and lost: its source has been answered all the same.
   */
  keep(entry: QuarantineEntry, code: ErrorCode): boolean {
    // A source that keeps sending the same wrong event must not fill the store.
    if (this.#recent.get(entry.subject, entry.key) !== undefined) return true;
    if (!this.#backlog.hasCapacity(1, entry.bytes.length)) return false;
    this.#recent.add(entry.subject, entry.key, 0);
    this.#waiting.push({ entry, code });
    this.#backlog.add(entry.bytes.length);
    this.#writing ??= this.#writeAll();
    return true;
  }

  /** Undefined while there is capacity; else resolves when the queue drops below its low-water mark. */
  backpressure(): Promise<void> | undefined {
    return this.#backlog.backpressure();
  }

  /** Stores all records or none; rejects when they could not be stored. */
  async store(records: Rejected[]): Promise<void> {
    const { publisher, metrics } = this.#deps;
    const messages = records.map(({ entry }) => ({ subject: entry.subject, data: entry.bytes }));
    const [only] = messages;
    // The store makes a folder and files for each batch, which costs it as much as a score of single messages.
    if (only && messages.length === 1) await publisher.publish(only);
    else await publisher.publishBatch(messages);
    for (const { entry, code } of records) {
      metrics.eventQuarantined(code, entry.party);
      this.#kept.add(entry, code);
    }
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

  #miss(batch: readonly Rejected[], error: unknown): void {
    for (const { entry, code } of batch) {
      this.#deps.metrics.quarantineMissed(entry.party);
      this.#lost.add(entry, code, error);
      // It is to be kept when it is sent again.
      this.#recent.delete(entry.subject, entry.key);
    }
  }

  #takeBatch(): Rejected[] {
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
