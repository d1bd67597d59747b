import { access } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { DeliveredEvent } from '../../proto/event/event.js';
import type { From, SubscribedFrame } from '../../proto/frames/frames.js';
import { PeerGoneError, SinkUnfitError } from '../runtime/connector-errors.js';
import type { Sink, SinkBatch } from '../runtime/sink/sink.js';
import type { StateFile } from '../runtime/state-file.js';
import type { FileSinkConfig } from './config.js';
import { csvFormat, type LineFormat, NDJSON } from './event-lines.js';
import { PartFile } from './part-file.js';
import { type Progress, progressFile } from './progress.js';

/** Digits of a position in a file name, so that names sort like positions. */
const POSITION_DIGITS = 12;
/** Errors that no waiting mends: something that is no file stands where a file of the sink should be. */
const LASTING: ReadonlySet<string> = new Set(['ELOOP', 'EISDIR', 'ENXIO', 'EEXIST']);

/**
 * Appends events to a file under a hidden name and renames it once it is complete. A crash may leave a partly written batch, and
 * the bus delivers that batch again. So the progress file holds position and valid length together, and whatever a crash
 * left behind that length is truncated at the next start.
 *
 * Invariants: a reader sees complete files only; no event is in two files; the position never runs ahead of the synced bytes.
 */
export class FileSink implements Sink {
  readonly #file: StateFile<Progress>;
  #progress: Progress | undefined;
  #format: LineFormat = NDJSON;

  constructor(
    private readonly config: FileSinkConfig,
    private readonly name: string,
  ) {
    this.#file = progressFile(config.folder, name);
  }

  async open(): Promise<From> {
    return this.#onDisk(async () => {
      // The folder is not created here: if it is missing, its disk may be unmounted, with everything written so far.
      await access(this.config.folder);
      this.#progress = this.#file.read();
      await this.#recoverPart();
      return this.#progress ? { after: this.#progress.position, log: this.#progress.log } : 'earliest';
    });
  }

  async shape({ items }: SubscribedFrame): Promise<void> {
    const format =
      this.config.format === 'csv'
        ? csvFormat(
            items.map(({ name }) => name),
            this.config.formulas,
          )
        : NDJSON;
    if (format.head !== this.#format.head) await this.#onDisk(() => this.#complete());
    this.#format = format;
  }

  async write({ events, log }: SinkBatch): Promise<void> {
    await this.#onDisk(async () => {
      await this.#append(events, log);
      if (this.#isDue()) await this.#complete();
    });
  }

  async idle(): Promise<void> {
    if (this.#isDue()) await this.#onDisk(() => this.#complete());
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  /** Truncates the open file to its valid length. If a crash came between rename and progress, the rename is recorded now. */
  async #recoverPart(): Promise<void> {
    const { part, position, log } = this.#progress ?? {};
    if (!part || position === undefined || log === undefined) return;
    const file = await this.#part(part.first).openAt(part.bytes);
    if (file) {
      await file.close();
      return;
    }
    await access(this.#completePath(part.first, position)).catch(() => this.#refuseMissing(part.first));
    await this.#storeProgress({ log, position, part: undefined });
  }

  async #append(events: readonly DeliveredEvent[], log: string): Promise<void> {
    const part = this.#progress?.part ?? { first: events[0]!.position, bytes: 0, sinceMs: Date.now() };
    const head = part.bytes === 0 ? this.#format.head : '';
    const bytes = Buffer.from(head + events.map(this.#format.line).join(''));
    const own = this.#part(part.first);
    const file = part.bytes === 0 ? await own.create() : await own.openAt(part.bytes);
    if (!file) return this.#refuseMissing(part.first);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await this.#storeProgress({
      log,
      position: events.at(-1)!.position,
      part: { ...part, bytes: part.bytes + bytes.length },
    });
  }

  /** A folder that is away with its files comes back, so its absence is waited for; a file that was removed alone does not. */
  async #refuseMissing(first: number): Promise<never> {
    const path = this.#partPath(first);
    await access(dirname(path));
    throw new SinkUnfitError(`${path} is gone: it was removed while it was being written; put it back`);
  }

  #isDue(): boolean {
    const part = this.#progress?.part;
    if (!part) return false;
    // The age survives restarts, so it is a time of day; a clock that was set back makes the file due.
    const ageMs = Date.now() - part.sinceMs;
    return part.bytes >= this.config.fileBytesMax || ageMs >= this.config.fileAgeMaxMs || ageMs < 0;
  }

  async #complete(): Promise<void> {
    const { part, position, log } = this.#progress ?? {};
    if (!part || position === undefined || log === undefined) return;
    await this.#part(part.first).complete(this.#completePath(part.first, position));
    await this.#storeProgress({ log, position, part: undefined });
  }

  async #storeProgress(progress: Progress): Promise<void> {
    await this.#file.write(progress);
    this.#progress = progress;
  }

  #part(first: number): PartFile {
    return new PartFile(this.#partPath(first));
  }

  #partPath(first: number): string {
    return join(this.config.folder, `.${this.name}-${first}.part`);
  }

  #completePath(first: number, last: number): string {
    const range = [first, last].map((position) => String(position).padStart(POSITION_DIGITS, '0')).join('-');
    return join(this.config.folder, `${this.name}-${range}.${this.config.format}`);
  }

  async #onDisk<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === undefined || !/^E[A-Z]+$/.test(code)) throw error;
      if (LASTING.has(code))
        throw new SinkUnfitError(`a file of the sink in ${this.config.folder} is a link or a folder (${code})`);
      throw new PeerGoneError(`the folder cannot be written: ${code}`, { cause: error });
    }
  }
}
