import type { ErrorCode } from '../../proto/errors.js';
import type { IntakeMetrics } from '../metrics/intake-metrics.js';
import type { Publisher } from '../nats/publisher.js';
import type { QuarantineEntry } from './quarantine-record.js';
import { RecentIds } from './recent-ids.js';

/** Refused events that wait to be kept: some seconds' worth of a source that sends nothing but rubbish. */
const WAITING_RECORDS_MAX = 2_000;
const WAITING_BYTES_MAX = 16 * 1024 * 1024;
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
}

/** Keeps refused events for their source to repair. */
export class Quarantine {
  readonly #deps: QuarantineDeps;
  readonly #recent: RecentIds;
  #waiting: Kept[] = [];
  #waitingBytes = 0;
  #writing: Promise<void> | undefined;

  constructor(deps: QuarantineDeps) {
    this.#deps = deps;
    this.#recent = new RecentIds(deps.clock);
  }

  /** Soon, in the background. What finds no room or no store is counted and gone: its source was told all the same. */
  keep(entry: QuarantineEntry, code: ErrorCode): void {
    // A source that sends the same wrong event again and again fills nothing.
    if (this.#recent.get(entry.key) !== undefined) return;
    if (this.#waiting.length >= WAITING_RECORDS_MAX || this.#waitingBytes + entry.bytes.length > WAITING_BYTES_MAX) {
      this.#deps.metrics.quarantineMissed(1);
      return;
    }
    this.#recent.add(entry.key, 0);
    this.#waiting.push({ entry, code });
    this.#waitingBytes += entry.bytes.length;
    this.#writing ??= this.#writeAll();
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
      } catch {
        this.#deps.metrics.quarantineMissed(batch.length);
      }
    }
    this.#writing = undefined;
  }

  #takeBatch(): Kept[] {
    let bytes = 0;
    let count = 0;
    for (const { entry } of this.#waiting.slice(0, QUARANTINE_BATCH_RECORDS)) {
      if (count > 0 && bytes + entry.bytes.length > QUARANTINE_BATCH_BYTES) break;
      bytes += entry.bytes.length;
      count++;
    }
    this.#waitingBytes -= bytes;
    return this.#waiting.splice(0, count);
  }
}
