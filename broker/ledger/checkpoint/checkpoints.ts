import { hkdfSync } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { SubjectSequences } from '../subject-sequences.js';
import { readCheckpoint, type Snapshot, writeCheckpoint } from './checkpoint-file.js';
import { codeVersion } from './code-version.js';
import type { FoldedRoom } from './folded-room.js';
import type { KeptTexts, TextFile } from './kept-text.js';

export interface CheckpointsDeps {
  /** The file; brokers and workers of one data folder share it. */
  path: string;
  /** Secret of the bus: a checkpoint that somebody without it has made or changed is not used. */
  secret: string;
  /** In the order in which they take a record. */
  rooms: readonly FoldedRoom[];
  /** Texts of the rooms that no checkpoint holds yet. */
  texts?: KeptTexts | undefined;
  /** False for all processes of a data folder but one. */
  isWriter: boolean;
  /** A broker that drains writes one when there are at least so many new records; default 1,000. */
  recordsAtEndMin?: number;
  warn(message: string, error?: unknown): void;
}

/** Where the ledger goes on after a checkpoint. */
export interface CheckpointHead {
  head: number;
  hash: string;
}

const KEY_BYTES = 32;
/** Records between two checkpoints: at least so many, and on a long ledger an eighth of it. */
const RECORDS_MIN = 50_000;
const SHARE_OF_LEDGER = 8;
const RECORDS_AT_END_MIN = 1_000;

/**
 * State of the rooms that are folded from the ledger, kept in a file of the data folder so that a start reads only the records
 * after it. The file can be deleted at any time; one that is not this ledger's is not used (docs/decisions/0171).
 */
export class Checkpoints {
  readonly #key: Buffer;
  readonly #code = codeVersion();
  #texts: TextFile | undefined;
  #savedAt = 0;
  #writing: Promise<void> | undefined;

  constructor(private readonly deps: CheckpointsDeps) {
    this.#key = Buffer.from(hkdfSync('sha256', deps.secret, '', 'sluice/checkpoint', KEY_BYTES));
  }

  /**
   * Brings rooms and subjects to the state of the file, if `isOfLedger` says that its last record is the ledger's. Rejects when
   * a room does not take what it has written, which is a fault of the program; the file is gone then.
   */
  async load(
    subjects: SubjectSequences,
    isOfLedger: (head: CheckpointHead) => Promise<boolean>,
  ): Promise<CheckpointHead | undefined> {
    const { path, rooms, warn } = this.deps;
    const found = await readCheckpoint({ path, key: this.#key, code: this.#code });
    if (!found) return undefined;
    const { snapshot, texts } = found;
    const { head, hash } = snapshot;
    if (!(await isOfLedger({ head, hash }))) {
      warn('the checkpoint of the ledger is not of this ledger: every record is read');
      texts.close();
      return undefined;
    }
    try {
      for (const shard of snapshot.subjects) subjects.load(shard);
      for (const [index, room] of rooms.entries()) for (const item of snapshot.rooms[index] ?? []) room.load(item);
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    }
    this.#texts = texts;
    this.#savedAt = head;
    return { head, hash };
  }

  /** To be called when a record was folded by all rooms; writes from time to time. */
  folded({ head, hash }: CheckpointHead, subjects: SubjectSequences): void {
    const interval = Math.max(RECORDS_MIN, Math.floor(head / SHARE_OF_LEDGER));
    if (head - this.#savedAt >= interval) this.#write({ head, hash }, subjects);
  }

  /** The rooms do not change any more. */
  async close(last: CheckpointHead, subjects: SubjectSequences): Promise<void> {
    await this.#writing;
    const { recordsAtEndMin = RECORDS_AT_END_MIN } = this.deps;
    if (last.head - this.#savedAt >= recordsAtEndMin) this.#write(last, subjects);
    await this.#writing;
    // Texts may still be read by what ends after the ledger, so their file stays open with the process.
  }

  #write({ head, hash }: CheckpointHead, subjects: SubjectSequences): void {
    const { isWriter, rooms } = this.deps;
    if (!isWriter || this.#writing) return;
    this.#savedAt = head;
    this.deps.texts?.checkpointBegins();
    const snapshot = { head, hash, subjects: subjects.save(), rooms: rooms.map((room) => room.save()) };
    this.#writing = this.#store(snapshot).finally(() => {
      this.#writing = undefined;
    });
  }

  async #store(snapshot: Snapshot): Promise<void> {
    const { path, warn } = this.deps;
    try {
      await mkdir(dirname(path), { recursive: true });
      const texts = await writeCheckpoint({ path, key: this.#key, code: this.#code }, snapshot);
      this.#texts?.close();
      this.#texts = texts;
      this.deps.texts?.checkpointStored();
    } catch (error) {
      warn('the checkpoint of the ledger could not be written, the next start takes longer', error);
    }
  }
}
