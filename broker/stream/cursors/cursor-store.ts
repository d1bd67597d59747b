import { TimeSlice } from '../../../proto/async/time-slice.js';
import { LruMap } from '../../../proto/collections/lru-map.js';
import { SluiceError } from '../../../proto/errors.js';
import { isSameEpoch } from '../../../proto/log-position.js';
import { randomId } from '../../../proto/random-id.js';
import { cursorSubject } from '../../../proto/subject.js';
import type { Bus } from '../../nats/bus.js';
import { lastOf } from '../../nats/read/leader-get.js';
import { lastPerSubject, messagesBySubject, messagesOn } from '../../nats/read/log-reader.js';
import { CURSORS_STREAM } from '../../nats/streams.js';
import { Cursor } from './cursor.js';
import { CursorCheckpoint } from './cursor-checkpoint.js';
import { CursorQuota, type CursorQuotaDeps } from './cursor-quota.js';
import { acknowledgedPosition, type CursorRecord, decodeCursor, type StoredCursor } from './cursor-record.js';

export interface ClaimRequest {
  grant: string;
  name: string;
  log: string;
  narrowing: string;
}

/** A claim that keeps the stored narrowing when it names none. */
export type Acknowledgement = Omit<ClaimRequest, 'narrowing'> & { narrowing: string | undefined };

/** The quota of cursors per system, for which the store counts. */
export type CursorBound = Pick<CursorQuotaDeps, 'max' | 'systemOf' | 'grantsOf'>;

/** The record of a cursor as a process knows it without asking the store. */
export interface Recalled {
  /** Undefined for a cursor that was never stored. */
  stored: StoredCursor | undefined;
}

const NEVER_STORED: Recalled = { stored: undefined };

const NO_BOUND: CursorBound = { max: undefined, systemOf: () => undefined, grantsOf: () => [] };

/** An acknowledgement that loses to simultaneous ones is repeated; each attempt lets at least one of them through. */
const CLAIM_ATTEMPTS_MAX = 20;

/** Cursors that this process gave up and whose records it remembers, some 500 bytes each: all that come back in a storm. */
const REMEMBERED_CURSORS_MAX = 20_000;

/** A holder on another broker learns so much later that it was superseded. */
const ANNOUNCED_AFTER_MS = 5;

/** Core NATS subject on which brokers announce claims to each other. A hint that saves time: correctness rests on the fence. */
const CLAIMED = 'sluice.claimed';

interface Announcement {
  subject: string;
  claim: string;
}

/**
 * Named durable positions of grants.
 *
 * Several sessions, on several brokers, may follow one grant with one cursor, and a lock would outlive a broker that died. So
 * a cursor is claimed: the record of a claim replaces the one before, and the earlier holder, whose next write expects the
 * replaced record, is fenced. Invariant: only the newest claim moves a cursor, and only forward within one log epoch.
 */
export class CursorStore {
  readonly #checkpoint: CursorCheckpoint;
  readonly #held = new Map<string, Cursor>();
  readonly #remembered = new LruMap<string, StoredCursor>(REMEMBERED_CURSORS_MAX);
  readonly #quota: CursorQuota;
  /** Claims of which other brokers have not heard yet. */
  #unannounced: Announcement[] = [];

  constructor(
    private readonly bus: Bus,
    onCheckpoint: (cursors: number, ms: number) => void,
    bound = NO_BOUND,
  ) {
    this.#checkpoint = new CursorCheckpoint(bus, onCheckpoint);
    const count = (grant: string): Promise<number> => this.#count(grant);
    const records = (): Promise<Map<string, number>> => this.#recordsByGrant();
    this.#quota = new CursorQuota({ ...bound, records, count, clockMs: () => performance.now() });
  }

  start(): void {
    this.bus.nc.subscribe(`${CLAIMED}.>`, {
      callback: (_error, message) => {
        const claims = message.json<Announcement | Announcement[]>();
        for (const claim of Array.isArray(claims) ? claims : [claims]) this.#onClaimed(claim);
      },
    });
    // Claims of others are not heard meanwhile.
    this.bus.onStatus(() => {
      this.#remembered.clear();
      this.#quota.forget();
    });
  }

  /** Writes everything acknowledged so far. */
  drain(): Promise<void> {
    return this.#checkpoint.drain();
  }

  /** Throws CURSOR_BOUND when the cursor follows another narrowing. */
  async load(grant: string, name: string, narrowing: string): Promise<StoredCursor | undefined> {
    const message = await lastOf(this.bus, CURSORS_STREAM, cursorSubject(grant, name));
    const stored = message && decodeCursor(message);
    if (stored?.record.removed) return asNew(stored, narrowing);
    if (stored && stored.record.narrowing !== narrowing) throw boundToAnother(grant, name);
    return stored;
  }

  /**
   * The record of a cursor as this process stored it last, or that there is none, without asking the store; undefined when it may
   * have changed since, or was recalled before. A claim upon it is sound all the same: it expects the revision, and rejects with
   * SUPERSEDED (docs/decisions/0212, docs/decisions/0426).
   */
  recall(grant: string, name: string, narrowing: string): Recalled | undefined {
    const subject = cursorSubject(grant, name);
    const stored = this.#remembered.get(subject);
    this.#remembered.delete(subject);
    if (stored) return stored.record.narrowing === narrowing ? { stored } : undefined;
    return this.#quota.presumesNone(grant) ? NEVER_STORED : undefined;
  }

  /** The cursors of a grant as stored, with their names. */
  async list(grant: string): Promise<{ name: string; record: CursorRecord }[]> {
    const messages = await lastPerSubject(this.bus, CURSORS_STREAM, cursorSubject(grant, '*'));
    const stored: { name: string; record: CursorRecord }[] = [];
    await new TimeSlice().each(messages, (message) => {
      const { record } = decodeCursor(message);
      if (!record.removed) stored.push({ name: message.subject.split('.').at(-1) as string, record });
    });
    return stored;
  }

  /** The stored cursor, whatever narrowing it is bound to; undefined for one that does not exist. */
  async find(grant: string, name: string): Promise<StoredCursor | undefined> {
    const message = await lastOf(this.bus, CURSORS_STREAM, cursorSubject(grant, name));
    const stored = message && decodeCursor(message);
    return stored?.record.removed ? asNew(stored, '') : stored;
  }

  /** Puts a cursor at a position, forward or back. Its holder is fenced and ends with SUPERSEDED. */
  async move(request: ClaimRequest, stored: StoredCursor | undefined, position: number): Promise<void> {
    await this.release(await this.#claimAt(request, stored, { position }));
  }

  /** Removes a cursor. Its holder is fenced and ends with SUPERSEDED. */
  async remove(request: ClaimRequest, stored: StoredCursor): Promise<void> {
    await this.release(await this.#claimAt(request, stored, { position: null, removed: true }));
    this.#quota.removed(request.grant);
  }

  /**
   * Claims the cursor; rejects with SUPERSEDED when another session did so since it was loaded. A position stored in a
   * previous log epoch is dropped.
   */
  claim(request: ClaimRequest, stored: StoredCursor | undefined): Promise<Cursor> {
    const position = (stored && acknowledgedPosition(stored.record)?.within(request.log)) ?? null;
    return this.#claimAt(request, stored, { position });
  }

  async #claimAt(
    { grant, name, log, narrowing }: ClaimRequest,
    stored: StoredCursor | undefined,
    { position, removed, ackedAt }: Pick<CursorRecord, 'position' | 'removed' | 'ackedAt'>,
  ): Promise<Cursor> {
    const claim = randomId();
    const acknowledged = ackedAt ?? stored?.record.ackedAt;
    const base = { log, narrowing, claim, ...(removed && { removed }), ackedAt: removed ? undefined : acknowledged };
    const cursor = new Cursor(grant, name, base, position, stored?.revision ?? 0);
    const write = (): Promise<void> => this.#checkpoint.writeNow(cursor);
    const isNew = !stored || stored.record.removed;
    await (isNew ? this.#quota.create(grant, write) : write());
    // A holder on this broker whose opening still awaits its receipt is in no table: it is fenced here.
    const replaced = this.#held.get(cursor.subject);
    if (replaced) this.#checkpoint.fence(replaced);
    this.#held.set(cursor.subject, cursor);
    this.#remembered.delete(cursor.subject);
    this.#announce({ subject: cursor.subject, claim });
    return cursor;
  }

  advance(cursor: Cursor, position: number): void {
    if (cursor.advance(position)) this.#checkpoint.add(cursor);
  }

  /**
   * Moves a cursor that no subscription here holds; resolves with its position. Without a narrowing it keeps the stored one.
   * Throws CURSOR_BOUND when it is bound to another, and POSITION_GONE when it was stored in a previous log epoch, since the
   * position may belong to that epoch too.
   */
  async acknowledge(request: Acknowledgement, position: number): Promise<number> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#acknowledgeOnce(request, position);
      } catch (error) {
        // Another acknowledgement came between the read and the write: neither supersedes the other.
        if (!isSuperseded(error) || attempt === CLAIM_ATTEMPTS_MAX) throw error;
      }
    }
  }

  async #acknowledgeOnce(request: Acknowledgement, position: number): Promise<number> {
    const { grant, name, log } = request;
    const message = await lastOf(this.bus, CURSORS_STREAM, cursorSubject(grant, name));
    const found = message && decodeCursor(message);
    const stored = found?.record.removed ? { ...found, record: { ...found.record, log } } : found;
    const bound = stored?.record.removed ? undefined : stored?.record.narrowing;
    const { narrowing = bound ?? '' } = request;
    if (bound !== undefined && narrowing !== bound) throw boundToAnother(grant, name);
    if (stored && !isSameEpoch(stored.record.log, log))
      throw new SluiceError('POSITION_GONE', 'the cursor belongs to a previous log epoch', { grant, earliest: 0 });
    const acknowledged = (stored && acknowledgedPosition(stored.record)?.within(log)) ?? 0;
    if (stored && acknowledged >= position) return acknowledged;
    const ackedAt = new Date().toISOString();
    await this.release(await this.#claimAt({ grant, name, log, narrowing }, stored, { position, ackedAt }));
    return position;
  }

  /** Moves a cursor of a previous log epoch into the present one, without a position; from then on it can be acknowledged. */
  async startEpoch(grant: string, name: string, log: string, stored: StoredCursor): Promise<void> {
    const { narrowing } = stored.record;
    try {
      await this.release(await this.claim({ grant, name, log, narrowing }, stored));
    } catch (error) {
      // Another request did the same.
      if (!isSuperseded(error)) throw error;
    }
  }

  /** Resolves when everything acknowledged so far is stored. */
  flush(cursor: Cursor): Promise<void> {
    return this.#checkpoint.writeNow(cursor);
  }

  /** Stores the last acknowledged position and gives the cursor up; its record stays. */
  async release(cursor: Cursor): Promise<void> {
    cursor.owner = undefined;
    if (this.#held.get(cursor.subject) === cursor) this.#held.delete(cursor.subject);
    if (cursor.isDirty && !cursor.fenced) await this.#checkpoint.writeNow(cursor).catch(ignoreLost);
    if (cursor.isDirty || cursor.fenced || this.#held.has(cursor.subject)) return;
    const record = cursor.record();
    if (!record.removed) this.#remembered.set(cursor.subject, { record, revision: cursor.revision });
  }

  /** Records are read only where there are any, and only to leave out the removed ones. */
  async #count(grant: string): Promise<number> {
    const records = await messagesOn(this.bus, CURSORS_STREAM, cursorSubject(grant, '*'));
    return records === 0 ? 0 : (await this.list(grant)).length;
  }

  async #recordsByGrant(): Promise<Map<string, number>> {
    const byGrant = new Map<string, number>();
    for (const subject of Object.keys(await messagesBySubject(this.bus, CURSORS_STREAM, cursorSubject('*', '*')))) {
      const grant = grantOf(subject);
      byGrant.set(grant, (byGrant.get(grant) ?? 0) + 1);
    }
    return byGrant;
  }

  /** One message announces what is claimed at about one time: this process reads it too. */
  #announce(claim: Announcement): void {
    if (this.#unannounced.push(claim) === 1) setTimeout(() => this.#announceAll(), ANNOUNCED_AFTER_MS);
  }

  #announceAll(): void {
    const { nc } = this.bus;
    const claims = this.#unannounced;
    this.#unannounced = [];
    if (nc.isClosed() || nc.isDraining()) return;
    // Brokers of earlier versions read no list: they find the claims of a storm when they write.
    nc.publish(`${CLAIMED}.cursors`, JSON.stringify(claims.length === 1 ? claims[0] : claims));
  }

  #onClaimed({ subject, claim }: Announcement): void {
    const held = this.#held.get(subject);
    if (held && held.claim !== claim) this.#checkpoint.check(held);
    if (this.#remembered.get(subject)?.record.claim !== claim) this.#remembered.delete(subject);
    this.#quota.mayHave(grantOf(subject));
  }
}

const isSuperseded = (error: unknown): boolean => error instanceof SluiceError && error.code === 'SUPERSEDED';

const grantOf = (subject: string): string => subject.split('.')[1] as string;

/** The revision of a removed cursor is needed to write it again; nothing else of it counts. */
function asNew({ record, revision }: StoredCursor, narrowing: string): StoredCursor {
  return { record: { ...record, position: null, ackedAt: undefined, narrowing }, revision };
}

function boundToAnother(grant: string, name: string): SluiceError {
  return new SluiceError('CURSOR_BOUND', `cursor ${name} of grant ${grant} follows another narrowing`, { grant });
}

/** An acknowledgement that cannot be stored was never confirmed: its events are sent again. */
function ignoreLost(): void {}
