import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { RecordData } from '../../../../proto/event/event.js';

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

/**
 * The records that a source without a log of its own has published. It is a journal: each flush appends, and loading rewrites it
 * without outdated lines. A line that a crash cut off was never confirmed and is left out.
 */
export class RecordIndex {
  readonly #records = new Map<string, IndexedRecord>();
  #unwritten: IndexedChange[] = [];

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
    this.#records.clear();
    this.#unwritten = [];
    for await (const line of linesOf(this.path)) this.#apply(line);
    await this.#rewrite();
  }

  /** The changes that `flush` will write. */
  get unflushed(): readonly IndexedChange[] {
    return this.#unwritten;
  }

  /** Repeats changes that were made before a crash. */
  apply(changes: readonly IndexedChange[]): void {
    for (const { key, digest, previous } of changes) {
      if (digest === undefined) this.delete(key);
      else this.set(key, { digest, previous });
    }
  }

  /** Resolves once all changes so far are on disk, including those of batches that are not confirmed yet. */
  async flush(): Promise<void> {
    const lines = this.#unwritten.splice(0);
    if (lines.length > 0) await append(this.path, lines);
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
    await append(fresh, lines, 'w');
    await rename(fresh, this.path);
  }
}

/** Equal records have equal digests, whatever the order of their items. */
export function digestOf(data: RecordData): string {
  const entries = Object.entries(data).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(entries)).digest('base64').slice(0, 22);
}

async function append(path: string, lines: IndexedChange[], flag = 'a'): Promise<void> {
  const file = await open(path, flag);
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
