import { cursorSubject } from '../../../proto/subject.js';
import type { CursorRecord } from './cursor-record.js';

/** The subscription that holds a cursor. */
export interface CursorOwner {
  onStored(position: number): void;
  onFenced(): void;
}

/**
 * A claimed cursor. It moves on acknowledgements alone and only forward. The mutable fields belong to `CursorCheckpoint`, which
 * stores it.
 */
export class Cursor {
  readonly subject: string;
  owner: CursorOwner | undefined;
  stored: number | null;
  fenced = false;
  /** When this claim was made: tells it from an older one that a truncated store brings back. */
  readonly claimedAt = new Date().toISOString();
  /** Number of consecutive reads that returned an older record than the last one written. */
  staleReads = 0;
  #position: number | null;
  #ackedAt: string | undefined;
  /** The position was acknowledged since the last record was made. */
  #isAcknowledged = false;

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
    this.#ackedAt = base.ackedAt;
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
    this.#isAcknowledged = true;
    return true;
  }

  record(): CursorRecord {
    const at = new Date().toISOString();
    if (this.#isAcknowledged) this.#ackedAt = at;
    this.#isAcknowledged = false;
    const { log, narrowing, claim, removed } = this.base;
    // Undefined fields are not stored. A literal that begins with a spread would make a hidden class for each record.
    return { position: this.#position, log, narrowing, claim, at, ackedAt: this.#ackedAt, removed };
  }
}
