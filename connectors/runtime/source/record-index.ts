import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { RecordData } from '../../../proto/event/event.js';

/** What has to be remembered of a record that the bus has, to tell later what became of it. */
export interface IndexedRecord {
  /** Of the whole record: the same one gives no event. */
  digest: string;
  /** Former values of the filterable items. */
  previous: RecordData | undefined;
}

/** One change of what is held; without a digest the record is gone. */
export interface IndexedChange {
  key: string;
  digest?: string;
  previous?: RecordData | undefined;
}

/** Lines written at a time when the journal is written anew: bounded memory for a million records. */
const LINES_PER_WRITE = 5_000;

/**
 * The records that a source without a log of its own has told the bus of. A journal: each flush appends, loading writes it anew
 * without what is out of date. A line that a crash cut off was never confirmed to anyone and is left out.
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

  /** What `flush` will write. */
  get unflushed(): readonly IndexedChange[] {
    return this.#unwritten;
  }

  /** Makes changes again that were made before a crash. */
  apply(changes: readonly IndexedChange[]): void {
    for (const { key, digest, previous } of changes) {
      if (digest === undefined) this.delete(key);
      else this.set(key, { digest, previous });
    }
  }

  /** Resolves when all changes so far are on disk, those too that belong to batches which are not confirmed yet. */
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
      // A line break before as well: behind a line that was cut off a new one must begin.
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
