import { randomBytes } from 'node:crypto';
import { SluiceError } from '../../../proto/errors.js';
import { cursorSubject } from '../../../proto/subject.js';
import type { Bus } from '../../nats/bus.js';
import { lastOf } from '../../nats/read/log-reader.js';
import { CURSORS_STREAM } from '../../nats/streams.js';
import { Cursor } from './cursor.js';
import { CursorCheckpoint } from './cursor-checkpoint.js';
import { decodeCursor, type StoredCursor } from './cursor-record.js';

export interface ClaimRequest {
  grant: string;
  name: string;
  log: string;
  narrowing: string;
}

/** A claim whose narrowing may be left to what is stored. */
export type Acknowledgement = Omit<ClaimRequest, 'narrowing'> & { narrowing: string | undefined };

/** Core NATS subject on which brokers of one cluster tell each other of claims; a hint, the fence is what counts. */
const CLAIMED = 'sluice.claimed';

/** Named durable positions of grants. A claim fences every earlier holder, on this broker or another. */
export class CursorStore {
  readonly #checkpoint: CursorCheckpoint;
  readonly #held = new Map<string, Cursor>();

  constructor(
    private readonly bus: Bus,
    onCheckpoint: (cursors: number, ms: number) => void,
  ) {
    this.#checkpoint = new CursorCheckpoint(bus, onCheckpoint);
  }

  start(): void {
    this.bus.nc.subscribe(`${CLAIMED}.>`, { callback: (_error, message) => this.#onClaimed(message.string()) });
  }

  /** Writes everything acknowledged so far. */
  drain(): Promise<void> {
    return this.#checkpoint.drain();
  }

  /** Throws CURSOR_BOUND when the cursor follows another narrowing. */
  async load(grant: string, name: string, narrowing: string): Promise<StoredCursor | undefined> {
    const message = await lastOf(this.bus, CURSORS_STREAM, cursorSubject(grant, name));
    const flush = message && decodeCursor(message);
    if (flush && flush.record.narrowing !== narrowing) throw boundToAnother(grant, name);
    return flush;
  }

  /**
   * Takes the cursor over; rejects with SUPERSEDED when somebody else did so since it was loaded. What was stored in
   * an earlier life of the log is no position of this one.
   */
  async claim(request: ClaimRequest, flush: StoredCursor | undefined): Promise<Cursor> {
    const { grant, name, log, narrowing } = request;
    const position = flush && flush.record.log === log ? flush.record.position : null;
    const claim = randomBytes(9).toString('base64url');
    const cursor = new Cursor(grant, name, { log, narrowing, claim }, position, flush?.revision ?? 0);
    await this.#checkpoint.writeNow(cursor);
    // Of one that waited for its receipt meanwhile nobody has heard yet.
    const replaced = this.#held.get(cursor.subject);
    if (replaced) this.#checkpoint.fence(replaced);
    this.#held.set(cursor.subject, cursor);
    this.bus.nc.publish(`${CLAIMED}.${grant}.${name}`, JSON.stringify({ subject: cursor.subject, claim }));
    return cursor;
  }

  advance(cursor: Cursor, position: number): void {
    if (cursor.advance(position)) this.#checkpoint.add(cursor);
  }

  /**
   * Moves a cursor that no subscription here holds. Resolves with its position. Without a narrowing it keeps the one that
   * it is bound to; throws CURSOR_BOUND when it is bound to another, and POSITION_GONE when it is of another life of the log:
   * so may be the position.
   */
  async acknowledge(request: Acknowledgement, position: number): Promise<number> {
    const { grant, name, log } = request;
    const message = await lastOf(this.bus, CURSORS_STREAM, cursorSubject(grant, name));
    const flush = message && decodeCursor(message);
    const bound = flush?.record.narrowing;
    const { narrowing = bound ?? '' } = request;
    if (bound !== undefined && narrowing !== bound) throw boundToAnother(grant, name);
    if (flush && flush.record.log !== log)
      throw new SluiceError('POSITION_GONE', 'the cursor is of another life of the log', { grant, earliest: 0 });
    const cursor = await this.claim({ grant, name, log, narrowing }, flush);
    cursor.advance(position);
    await this.#checkpoint.writeNow(cursor);
    await this.release(cursor);
    return cursor.position ?? position;
  }

  /** A cursor of another life of the log stands at no position of this one; who is served from now on may move it. */
  async startEpoch(grant: string, name: string, log: string, flush: StoredCursor): Promise<void> {
    const { narrowing } = flush.record;
    await this.release(await this.claim({ grant, name, log, narrowing }, flush));
  }

  /** Resolves when what was acknowledged so far is stored. */
  flush(cursor: Cursor): Promise<void> {
    return this.#checkpoint.writeNow(cursor);
  }

  /** Writes what is left and lets go; the record stays. */
  async release(cursor: Cursor): Promise<void> {
    cursor.owner = undefined;
    if (this.#held.get(cursor.subject) === cursor) this.#held.delete(cursor.subject);
    if (cursor.isDirty && !cursor.fenced) await this.#checkpoint.writeNow(cursor).catch(ignoreLost);
  }

  #onClaimed(text: string): void {
    const { subject, claim } = JSON.parse(text) as { subject: string; claim: string };
    const held = this.#held.get(subject);
    if (held && held.claim !== claim) this.#checkpoint.check(held);
  }
}

function boundToAnother(grant: string, name: string): SluiceError {
  return new SluiceError('CURSOR_BOUND', `cursor ${name} of grant ${grant} follows another narrowing`, { grant });
}

/** An acknowledgement that can't be stored any more was never confirmed: its events are sent again. */
function ignoreLost(): void {}
