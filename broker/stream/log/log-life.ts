import type { Bus } from '../../nats/bus.js';
import { lastOf, provenEnd } from '../../nats/log-reader.js';
import { CURSORS_STREAM, eventStream, renewLog, type Store } from '../../nats/streams.js';

/** How far a log was seen: `log` names the life of the log that the position belongs to. */
interface Mark {
  log: string;
  position: number;
}

/** A loss of what was stored within this time can stay unnoticed; more often would cost a write that brings little. */
const MARK_INTERVAL_MS = 1000;

const markSubject = (partition: number): string => `mark.log.${partition}`;

export interface LogLifeDeps {
  bus: Bus;
  store: Store;
  /** Newest position that this broker knows of the partition. */
  headOf(partition: number): number;
  warn(message: string, error?: unknown): void;
}

/**
 * Gives every log that is shorter than it once was a new life: it was restored from a backup or has lost its tail, and
 * positions that clients hold would name other events. Call before anything reads the logs; changes `store.logs`.
 */
export async function renewShortenedLogs(bus: Bus, store: Store): Promise<number[]> {
  const renewed: number[] = [];
  for (let partition = 0; partition < store.partitions; partition++) {
    const message = await lastOf(bus, CURSORS_STREAM, markSubject(partition));
    const mark = message && (JSON.parse(Buffer.from(message.data).toString()) as Mark);
    if (!mark || mark.log !== store.logs[partition]) continue;
    if ((await provenEnd(bus, eventStream(partition))) >= mark.position) continue;
    store.logs[partition] = await renewLog(bus, partition);
    renewed.push(partition);
  }
  return renewed;
}

/**
 * Gives every log a new life. A store that was copied cold and put back looks whole, its marks are as old as its logs; only
 * who put it back knows that positions handed out since then name other events.
 */
export async function renewAllLogs(bus: Bus, store: Store): Promise<void> {
  for (let partition = 0; partition < store.partitions; partition++) {
    store.logs[partition] = await renewLog(bus, partition);
  }
}

/** Writes down how far each log goes, at most once a second, so that the next start can tell if something is missing. */
export class LogMarks {
  readonly #written = new Map<number, Mark>();
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(private readonly deps: LogLifeDeps) {}

  start(): void {
    this.#timer = setInterval(() => this.#writeLater(), MARK_INTERVAL_MS);
    this.#timer.unref();
  }

  /** Writes the last marks. Safe to call twice. */
  async drain(): Promise<void> {
    clearInterval(this.#timer);
    this.#writeLater();
    await this.#writing;
  }

  #writeLater(): void {
    this.#writing = this.#writing
      .then(() => this.#write())
      // The next second tries again; a mark that is late only makes the check less sharp.
      .catch((error: unknown) => this.deps.warn('log marks were not stored', error));
  }

  async #write(): Promise<void> {
    const { bus, store, headOf } = this.deps;
    if (!bus.isUp()) return;
    for (let partition = 0; partition < store.partitions; partition++) {
      const mark: Mark = { log: store.logs[partition] ?? '', position: headOf(partition) };
      const written = this.#written.get(partition);
      if (mark.position === 0 || (written?.log === mark.log && written.position >= mark.position)) continue;
      await bus.publisher.publish({ subject: markSubject(partition), data: Buffer.from(JSON.stringify(mark)) });
      this.#written.set(partition, mark);
    }
  }
}
