import { createReadStream } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { RecordData } from '../../../../proto/event/event.js';
import { createPrivate } from '../../state-file.js';
import { shortDigest } from './short-digest.js';

/** The part of a published record from which a later difference is computed. */
export interface IndexedRecord {
  /** Digest of the whole record: an equal one gives no event. */
  digest: string;
  /** Values of the filterable items: the previous image of the next change. */
  previous: RecordData | undefined;
}

/** One line of the journal. Without a digest the record was deleted. */
export interface IndexedChange {
  key: string;
  digest?: string;
  previous?: RecordData | undefined;
}

/** Lines per write when the journal is rewritten, which bounds memory for a million records. */
const LINES_PER_WRITE = 5_000;

/** How many changes were made before a moment: what `flush` may write when the events up to then are confirmed. */
export type Checkpoint = number & { readonly brand: 'Checkpoint' };

/**
 * The records that a source without a log of its own has published. It is a journal: each flush appends, and loading rewrites it
 * without outdated lines. A line that a crash cut off was never confirmed and is left out.
 *
 * A change is made when its event is created, and must be on disk only when the event is confirmed: after a crash in between the
 * same difference has to be found again. So a flush names the checkpoint of the confirmed events and writes nothing behind it.
 */
export class RecordIndex {
  readonly #records = new Map<string, IndexedRecord>();
  #unwritten: IndexedChange[] = [];
  #written = 0;

  constructor(private readonly path: string) {}

  get size(): number {
    return this.#records.size;
  }

  keys(): IterableIterator<string> {
    return this.#records.keys();
  }

  get(key: string): IndexedRecord | undefined {
    return this.#records.get(key);
  }

  set(key: string, record: IndexedRecord): void {
    this.#records.set(key, record);
    this.#unwritten.push({ key, ...record });
  }

  delete(key: string): void {
    if (this.#records.delete(key)) this.#unwritten.push({ key });
  }

  async load(): Promise<void> {
    this.#reset();
    for await (const line of linesOf(this.path)) this.#apply(line);
    await this.#rewrite();
  }

  /** Forgets every record, on disk as well: a new epoch begins. */
  async clear(): Promise<void> {
    this.#reset();
    await rm(this.path, { force: true });
  }

  /** The changes that are not on disk. */
  get unflushed(): readonly IndexedChange[] {
    return this.#unwritten;
  }

  /** All changes made so far. Take it when a batch is complete, and flush it when that batch is confirmed. */
  checkpoint(): Checkpoint {
    return (this.#written + this.#unwritten.length) as Checkpoint;
  }

  /** Repeats changes that were made before a crash. */
  apply(changes: readonly IndexedChange[]): void {
    for (const { key, digest, previous } of changes) {
      if (digest === undefined) this.delete(key);
      else this.set(key, { digest, previous });
    }
  }

  /** Resolves once the changes up to the checkpoint are on disk, and none behind it. */
  async flush(upTo: Checkpoint): Promise<void> {
    const lines = this.#unwritten.splice(0, Math.max(0, upTo - this.#written));
    this.#written += lines.length;
    if (lines.length > 0) await append(await openJournal(this.path), lines);
  }

  #reset(): void {
    this.#records.clear();
    this.#unwritten = [];
    this.#written = 0;
  }

  #apply(text: string): void {
    const line = parsed(text);
    if (!line) return;
    const { key, digest, previous } = line;
    if (digest === undefined) this.#records.delete(key);
    else this.#records.set(key, { digest, previous });
  }

  async #rewrite(): Promise<void> {
    if (this.#records.size === 0) return;
    const fresh = `${this.path}.new`;
    const lines = [...this.#records].map(([key, record]) => ({ key, ...record }));
    await append(await createPrivate(fresh), lines);
    await rename(fresh, this.path);
  }
}

/** Equal records have equal digests, whatever the order of their items. */
export function digestOf(data: RecordData): string {
  return shortDigest(Object.entries(data).sort(([a], [b]) => (a < b ? -1 : 1)));
}

const openJournal = (path: string): Promise<FileHandle> => open(path, 'a', 0o600);

async function append(file: FileHandle, lines: IndexedChange[]): Promise<void> {
  try {
    for (let start = 0; start < lines.length; start += LINES_PER_WRITE) {
      const texts = lines.slice(start, start + LINES_PER_WRITE).map((line) => JSON.stringify(line));
      // Starts with a line break, which ends a line that a crash cut off.
      await file.appendFile(`\n${texts.join('\n')}\n`);
    }
    await file.sync();
  } finally {
    await file.close();
  }
}

async function* linesOf(path: string): AsyncGenerator<string> {
  try {
    yield* createInterface({ input: createReadStream(path, 'utf8'), crlfDelay: Number.POSITIVE_INFINITY });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

function parsed(text: string): IndexedChange | undefined {
  try {
    return text === '' ? undefined : (JSON.parse(text) as IndexedChange);
  } catch {
    return undefined;
  }
}
