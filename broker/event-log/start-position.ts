import { LruMap } from '../../proto/collections/lru-map.js';
import { SluiceError } from '../../proto/errors.js';
import { decodeDeliverable } from '../../proto/event/envelope.js';
import type { From } from '../../proto/frames/frames.js';
import { isSameEpoch, type LogPosition } from '../../proto/log-position.js';
import { instantMs } from '../../proto/values/rfc3339.js';
import type { Bus } from '../nats/bus.js';
import { pagesOf, provenEnd, sequenceAt, streamEnds } from '../nats/read/log-reader.js';
import { eventStream } from '../nats/streams.js';

export interface StartQuery {
  grant: string;
  entry: string;
  partition: number;
  log: string;
  from: From;
  /** Acknowledged position of the cursor; undefined when nothing was acknowledged. */
  cursor: LogPosition | undefined;
  /** Earliest acceptance time that the grant may see; 0 = everything. */
  historyFromMs: number;
  /** Why the history begins there, when it is not for the period of the grant; else ''. */
  historyReason: string;
  /** A cursor before the border goes on at it: what lies between was skipped by a decision. */
  isBorderSkipped?: boolean;
  /** A position that this process has read: the log is known to reach it. */
  knownEnd?: number;
}

/** The server's clock and a broker's may differ by this much when the acceptance time is searched for. */
const CLOCK_SKEW_MS = 5_000;
const SCAN_MESSAGES = 500;
/** Looked-up times that are remembered, at about 100 bytes each: those of grants stay, since they are asked for at every start. */
const TIMES_MAX = 10_000;

/** Finds where a subscription starts: the position up to which everything counts as delivered. */
export class StartPositions {
  /**
   * Partition, log epoch and time → position before the first event accepted then or later: it never changes. A subscriber may name
   * any time, so there is a bound.
   */
  readonly #byTime: LruMap<string, number>;

  constructor(
    private readonly bus: Bus,
    /** Events of an entry that were stored before this moment may have expired; 0 when none can have. */
    private readonly expiredBeforeMs: (entry: string) => number,
    /** Events carry a time that was set by hand, which the store's own times say nothing about: it is read from the beginning. */
    private readonly isTimeSet = false,
    timesMax = TIMES_MAX,
  ) {
    this.#byTime = new LruMap(timesMax);
  }

  /** Times whose positions are remembered. */
  get timesKnown(): number {
    return this.#byTime.size;
  }

  /**
   * Throws POSITION_GONE for a position that the log no longer has, does not have yet, or that belongs to another
   * epoch, and BEFORE_HISTORY for one that the grant may not see.
   */
  async resolve(query: StartQuery): Promise<number> {
    const allowed = await this.#positionAt(query, query.historyFromMs);
    const { from } = query;
    const atTime = isTime(from) ? await this.#positionAt(query, timeOf(from)) : undefined;
    const first = await this.#first(query);
    const earliest = Math.max(first - 1, allowed);
    const wantedWithin = (last: number): number => atTime ?? wantedPosition(query, earliest, last);
    let last = query.knownEnd ?? 0;
    let wanted = wantedWithin(last);
    // Asked last: the log grows while times are looked up, and the result must lie within it. A usual start is far behind what
    // this process has read itself, and then the store need not be asked.
    if (from === 'latest' || wanted > last) {
      last = (await streamEnds(this.bus, eventStream(query.partition))).last;
      wanted = wantedWithin(last);
    }
    if (wanted < allowed) return this.#atTheBorder(query, wanted, { allowed, earliest });
    if (wanted < first - 1) throw gone(query.grant, `position ${wanted} is no longer in the log`, earliest);
    if (wanted > last && wanted > (await provenEnd(this.bus, eventStream(query.partition))))
      throw gone(query.grant, `the log does not have position ${wanted} yet`, earliest);
    return wanted;
  }

  /** Position before the first event that a grant may see: a cursor that stands before it goes on at it where what lies between was skipped. */
  borderOf(query: Pick<StartQuery, 'partition' | 'log' | 'historyFromMs'>): Promise<number> {
    return this.#positionAt(query, query.historyFromMs);
  }

  /**
   * A subscription that started at the border of its history can come back to it: events that were accepted before the
   * border and stored a moment later have moved it since.
   */
  async #atTheBorder(
    query: StartQuery,
    wanted: number,
    { allowed, earliest }: { allowed: number; earliest: number },
  ): Promise<number> {
    const { grant, historyFromMs, historyReason } = query;
    // A copy with gaps before the border must not be continued behind it without a word.
    if (query.isBorderSkipped && query.from === 'cursor') return allowed;
    if (historyReason) throw beforeFilter(grant, historyReason, { allowed, earliest });
    if (wanted >= (await this.#positionAt(query, historyFromMs - CLOCK_SKEW_MS))) return allowed;
    const message = `grant ${grant} may not look back before position ${allowed}`;
    throw new SluiceError('BEFORE_HISTORY', message, { grant, earliest });
  }

  /**
   * Events expire by age alone, at the retention of their own entry: the first sequence of the partition proves nothing
   * about this entry, nor do older events of other entries.
   */
  async #first({ entry, partition }: StartQuery): Promise<number> {
    const expiredBeforeMs = this.expiredBeforeMs(entry);
    return expiredBeforeMs === 0 ? 1 : sequenceAt(this.bus, eventStream(partition), new Date(expiredBeforeMs));
  }

  /** Position before the first event accepted at or after a time. */
  async #positionAt({ partition, log }: Pick<StartQuery, 'partition' | 'log'>, timeMs: number): Promise<number> {
    if (timeMs <= 0) return 0;
    const key = `${partition} ${log} ${timeMs}`;
    const known = this.#byTime.get(key);
    if (known !== undefined) return known;
    const found = await this.#scan(partition, timeMs);
    // While nothing was accepted at or after the time, the position still moves.
    if (found.isFixed) this.#byTime.set(key, found.position);
    return found.position;
  }

  /** Starts a little before the time by the store's own clock and walks on by acceptance time. */
  async #scan(partition: number, timeMs: number): Promise<{ position: number; isFixed: boolean }> {
    const stream = eventStream(partition);
    const storedSinceMs = this.isTimeSet ? 0 : timeMs - CLOCK_SKEW_MS;
    let after = (await sequenceAt(this.bus, stream, new Date(storedSinceMs))) - 1;
    const query = { stream, after, subject: `ev.${partition}.>`, limit: SCAN_MESSAGES };
    for await (const messages of pagesOf(this.bus, query)) {
      for (const message of messages) {
        if (decodeDeliverable(message.data).acceptedAtMs >= timeMs) return { position: after, isFixed: true };
        after = message.position;
      }
    }
    return { position: after, isFixed: false };
  }
}

/** The time that a subscription starts at, in milliseconds; 0 when it starts at a position. Throws BAD_FRAME. */
export const timeOf = (from: From): number => (isTime(from) ? parseTime(from.time) : 0);

const isTime = (from: From): from is { time: string } => typeof from === 'object' && 'time' in from;

function wantedPosition(query: StartQuery, earliest: number, last: number): number {
  const { from, cursor, log, grant } = query;
  if (from === 'earliest') return earliest;
  if (from === 'latest') return last;
  if (from === 'cursor') {
    if (!cursor) return earliest;
    const position = cursor.within(log);
    if (position === undefined) throw gone(grant, 'the cursor belongs to a previous epoch of the log', earliest);
    return position;
  }
  // A time was looked up before.
  if (isTime(from)) return earliest;
  if (from.log !== undefined && !isSameEpoch(from.log, log))
    throw gone(grant, `log ${from.log} is another epoch of the log`, earliest);
  return from.after;
}

function gone(grant: string, why: string, earliest: number): SluiceError {
  return new SluiceError('POSITION_GONE', why, { grant, earliest });
}

function beforeFilter(grant: string, reason: string, at: { allowed: number; earliest: number }): SluiceError {
  const what = `events of grant ${grant} up to position ${at.allowed} cannot be filtered (${reason})`;
  const message = `${what}: begin with an empty copy at ${at.earliest}`;
  return new SluiceError('BEFORE_HISTORY', message, { grant, earliest: at.earliest });
}

function parseTime(text: string): number {
  const ms = instantMs(text);
  if (ms === undefined) throw new SluiceError('BAD_FRAME', 'from.time must be an RFC 3339 date-time with a zone');
  return ms;
}
