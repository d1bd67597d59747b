import { cursorSubject } from '../../../proto/subject.js';
import type { CursorRecord } from './cursor-record.js';

/** Told when an acknowledged position is on disk, or when another session has taken the cursor over. */
export interface CursorOwner {
  onStored(position: number): void;
  onFenced(): void;
}

/**
 * A claimed cursor of one subscription. It moves on acknowledgements alone and only forward; the store writes it down
 * in batches. Fields are the checkpoint's: what is stored, under which revision, and what is still to be written.
 */
export class Cursor {
  readonly subject: string;
  owner: CursorOwner | undefined;
  stored: number | null;
  fenced = false;
  /** In a row, of the store: records older than the one that it has confirmed. */
  staleReads = 0;
  #position: number | null;

  constructor(
    readonly grant: string,
    readonly name: string,
    private readonly base: Omit<CursorRecord, 'position' | 'at'>,
    position: number | null,
    /** Sequence of the record in the store that the next write expects; 0 when there is none. */
    public revision: number,
  ) {
    this.subject = cursorSubject(grant, name);
    this.stored = position;
    this.#position = position;
  }

  get position(): number | null {
    return this.#position;
  }

  get claim(): string {
    return this.base.claim;
  }

  get isDirty(): boolean {
    return this.#position !== this.stored;
  }

  /** False when the position is not ahead of what was acknowledged before. */
  advance(position: number): boolean {
    if (this.#position !== null && position <= this.#position) return false;
    this.#position = position;
    return true;
  }

  record(): CursorRecord {
    return { ...this.base, position: this.#position, at: new Date().toISOString() };
  }
}
