import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { SerialQueue } from '../../../proto/async/serial-queue.js';
import type { LedgerRecord } from '../../ledger/record.js';
import { JournalFile, type Line, textOf } from './journal-file.js';
import { type RightState, rightStateOf } from './right-state.js';

/** Bounds what a start after a kill has to read of the ledger again. */
const SEEN_EVERY_RECORDS = 5_000;
/** Lines that wait for a file that cannot be written. With more of them it ends where it is, and the next start reads on in the ledger. */
const WAITING_LINES_MAX = 100_000;
const RETRY_MS = 1_000;

const APPEND = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;

/** Called once when the file cannot be written, and once when it can be again. */
export interface JournalEvents {
  onFailed(error: unknown): void;
  onWritten(): void;
}

/**
 * The newest state of each right, in a file that no copy of the data folder contains.
 *
 * An older copy of the store does not know what has ended since it was made, and nothing inside the store can tell. So every
 * process of a broker appends what its ledger says of rights to a file of its own; with a restored ledger the two differ. Lines are
 * NDJSON, mode 0600, with what the ledger holds and no more: digests of tokens, never tokens. See docs/decisions/0195, and
 * docs/decisions/0396 for what cannot be written.
 */
export class RightsJournal {
  #isFailing = false;
  #isGivenUp = false;
  #isClosed = false;
  /** The next attempt; lines that come meanwhile go with it. */
  #retry: NodeJS.Timeout | undefined;
  readonly #writes = new SerialQueue();
  /** The file as it was found; undefined when there was none, or what it says is of no use any more. */
  #found: JournalFile | undefined;
  #pending: Line[] = [];
  #seen: number;
  #seenWritten: number;
  #settled: number;

  /** Throws when the file is there and cannot be read. */
  static async open(path: string, events: JournalEvents): Promise<RightsJournal> {
    const found = await JournalFile.read(path);
    return new RightsJournal(path, events, found);
  }

  private constructor(
    readonly path: string,
    private readonly events: JournalEvents,
    found: JournalFile | undefined,
  ) {
    this.#found = found;
    this.isFound = found !== undefined;
    this.#seen = found?.seen ?? 0;
    this.#seenWritten = this.#seen;
    this.#settled = found?.settled ?? 0;
  }

  /** False when the file was not there. */
  readonly isFound: boolean;

  /** Sequence up to which the ledger was journaled. */
  get seen(): number {
    return this.#seen;
  }

  /** Sequence of the record that settled the last restore, 0 for none. */
  get settled(): number {
    return this.#settled;
  }

  /** The newest state of each right since the last restore, newest first; of use until the ledger is journaled on. */
  async *states(): AsyncGenerator<RightState> {
    if (this.#found) yield* this.#found.states();
  }

  /** The file was compared with the ledger: it is made smaller where that is worth it, before anything is appended. */
  async compared(): Promise<void> {
    const found = this.#found;
    this.#found = undefined;
    await found?.rewriteWhereWorth();
  }

  /** Takes the records of the ledger in their order; the file has them shortly after. */
  readonly fold = (record: LedgerRecord, bytes: Uint8Array): void => {
    if (record.seq <= this.#seen) return;
    this.#seen = record.seq;
    const state = rightStateOf(record, bytes);
    if (state) {
      this.#seenWritten = record.seq;
      this.#write({ state });
    } else if (record.seq - this.#seenWritten >= SEEN_EVERY_RECORDS) this.#writeSeen();
  };

  /** The lines up to now belong to a lost ledger; that of today is journaled from a sequence on. */
  settle(seq: number, seen: number): void {
    this.#found = undefined;
    this.#settled = seq;
    this.#write({ settled: seq });
    this.beginAt(seen);
  }

  /** Rights that the ledger up to this sequence holds are not journaled: nothing is known of what came before. */
  beginAt(seq: number): void {
    this.#seen = seq;
    this.#writeSeen();
  }

  /** Resolves when everything is written; lines that wait for the file are tried once more, and no longer. */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#seen > this.#seenWritten) this.#writeSeen();
    clearTimeout(this.#retry);
    if (this.#pending.length > 0) void this.#writes.run(() => this.#flush());
    await this.#writes.idle();
  }

  #writeSeen(): void {
    this.#seenWritten = this.#seen;
    this.#write({ seen: this.#seen });
  }

  #write(line: Line): void {
    if (this.#isGivenUp) return;
    this.#pending.push(line);
    // A bundle brings thousands of records in one turn: they share a write.
    if (this.#pending.length === 1) void this.#writes.run(() => this.#flush());
  }

  async #flush(): Promise<void> {
    const lines = this.#pending;
    if (lines.length === 0) return;
    this.#pending = [];
    let file: FileHandle | undefined;
    try {
      file = await open(this.path, APPEND, 0o600);
      // A failed write may have left the beginning of a line, which the next one must not continue.
      await file.appendFile((this.#isFailing ? '\n' : '') + textOf(lines));
      await file.datasync();
      if (this.#isFailing) this.events.onWritten();
      this.#isFailing = false;
    } catch (error) {
      this.#tryAgain(lines, error);
    } finally {
      // By then the lines are on the disk, or wait.
      await file?.close().catch(() => undefined);
    }
  }

  /** A line left out would give back a right that has ended, as soon as a later one says that the ledger was journaled so far. */
  #tryAgain(lines: Line[], error: unknown): void {
    if (!this.#isFailing) this.events.onFailed(error);
    this.#isFailing = true;
    this.#pending = [...lines, ...this.#pending];
    this.#isGivenUp = this.#pending.length > WAITING_LINES_MAX;
    clearTimeout(this.#retry);
    if (this.#isGivenUp) this.#pending = [];
    else if (!this.#isClosed) {
      this.#retry = setTimeout(() => void this.#writes.run(() => this.#flush()), RETRY_MS).unref();
    }
  }
}
