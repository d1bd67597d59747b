import { constants } from 'node:fs';
import { type FileHandle, open, readFile, rename } from 'node:fs/promises';
import { SerialQueue } from '../../../proto/async/serial-queue.js';
import type { LedgerRecord } from '../../ledger/record.js';
import { type RightState, rightStateOf } from './right-state.js';

/** One line of the file. */
type Line =
  | { state: RightState }
  /** Sequence up to which the ledger is journaled, in lines with states and where there was none to write. */
  | { seen: number }
  /** Sequence of a ledger record that settled a restore: the lines before are of the ledger that was lost. */
  | { settled: number };

/** Bounds what a start after a kill has to read of the ledger again. */
const SEEN_EVERY_RECORDS = 5_000;
/** Above it the file is written anew at a start, with the newest state of each right. */
const REWRITE_BYTES = 32 * 1024 * 1024;

const APPEND = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;
const CREATE = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW;

/**
 * The newest state of each right, in a file that no copy of the data folder contains.
 *
 * An older copy of the store does not know what has ended since it was made, and nothing inside the store can tell. So every
 * process of a broker appends what its ledger says of rights to a file of its own; with a restored ledger the two differ. Lines are
 * NDJSON, mode 0600, with what the ledger holds and no more: digests of tokens, never tokens. See docs/decisions/0195.
 */
export class RightsJournal {
  readonly #newest = new Map<string, RightState>();
  readonly #writes = new SerialQueue();
  #pending: Line[] = [];
  #seen = 0;
  #seenWritten = 0;
  #settled = 0;

  /** Throws when the file is there and cannot be read. A last line that a crash cut off is left out. */
  static async open(path: string, onFailed: (error: unknown) => void): Promise<RightsJournal> {
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    const journal = new RightsJournal(path, onFailed, text !== undefined);
    if (text !== undefined) journal.#read(text);
    if (text !== undefined && text.length > REWRITE_BYTES) await journal.#rewrite();
    return journal;
  }

  private constructor(
    readonly path: string,
    private readonly onFailed: (error: unknown) => void,
    /** False when the file was not there. */
    readonly isFound: boolean,
  ) {}

  /** Sequence up to which the ledger was journaled. */
  get seen(): number {
    return this.#seen;
  }

  /** Sequence of the record that settled the last restore, 0 for none. */
  get settled(): number {
    return this.#settled;
  }

  /** The newest state of each right since the last restore, newest first. */
  states(): RightState[] {
    return [...this.#newest.values()].sort((a, b) => b.seq - a.seq);
  }

  /** Takes the records of the ledger in their order; the file has them shortly after. */
  readonly fold = (record: LedgerRecord, bytes: Uint8Array): void => {
    if (record.seq <= this.#seen) return;
    this.#seen = record.seq;
    const state = rightStateOf(record, bytes);
    if (state) {
      this.#keep(state);
      this.#write({ state });
    } else if (record.seq - this.#seenWritten >= SEEN_EVERY_RECORDS) this.#writeSeen();
  };

  /** The lines up to now belong to a lost ledger; that of today is journaled from a sequence on. */
  settle(seq: number, seen: number): void {
    this.#newest.clear();
    this.#settled = seq;
    this.#write({ settled: seq });
    this.beginAt(seen);
  }

  /** Rights that the ledger up to this sequence holds are not journaled: nothing is known of what came before. */
  beginAt(seq: number): void {
    this.#seen = seq;
    this.#writeSeen();
  }

  /** Resolves when everything is written. */
  async close(): Promise<void> {
    if (this.#seen > this.#seenWritten) this.#writeSeen();
    await this.#writes.idle();
  }

  #keep(state: RightState): void {
    this.#newest.set(`${state.kind}/${state.id}`, state);
    this.#seen = state.seq;
    this.#seenWritten = state.seq;
  }

  #read(text: string): void {
    for (const line of text.split('\n')) {
      const parsed = parse(line);
      if (!parsed) continue;
      if ('state' in parsed) this.#keep(parsed.state);
      else if ('seen' in parsed) this.#seen = parsed.seen;
      else {
        this.#newest.clear();
        this.#settled = parsed.settled;
      }
    }
    this.#seenWritten = this.#seen;
  }

  #writeSeen(): void {
    this.#seenWritten = this.#seen;
    this.#write({ seen: this.#seen });
  }

  #write(line: Line): void {
    this.#pending.push(line);
    // A bundle brings thousands of records in one turn: they share a write.
    if (this.#pending.length === 1) void this.#writes.run(() => this.#flush());
  }

  async #flush(): Promise<void> {
    const lines = this.#pending;
    this.#pending = [];
    let file: FileHandle | undefined;
    try {
      file = await open(this.path, APPEND, 0o600);
      await file.appendFile(textOf(lines));
      await file.datasync();
    } catch (error) {
      this.onFailed(error);
    } finally {
      await file?.close();
    }
  }

  async #rewrite(): Promise<void> {
    const states = this.states().reverse();
    const lines: Line[] = [{ settled: this.#settled }, ...states.map((state) => ({ state })), { seen: this.#seen }];
    const temporary = `${this.path}.new`;
    const file = await open(temporary, CREATE, 0o600);
    try {
      await file.writeFile(textOf(lines));
      await file.datasync();
    } finally {
      await file.close();
    }
    await rename(temporary, this.path);
  }
}

const textOf = (lines: readonly Line[]): string => lines.map((line) => `${JSON.stringify(line)}\n`).join('');

/** Undefined for an empty line and for the rest of one that a crash cut off. */
function parse(line: string): Line | undefined {
  try {
    return JSON.parse(line) as Line;
  } catch {
    return undefined;
  }
}
