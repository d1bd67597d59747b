import { setTimeout as pause } from 'node:timers/promises';
import { sharedTurn, type TurnShare } from '../../../proto/async/shared-turns.js';
import { entryFilter } from '../../../proto/subject.js';
import { EventMemory } from '../../event-log/event-memory.js';
import { LogEvent } from '../../event-log/log-event.js';
import type { PartitionReaders } from '../../event-log/partition-readers.js';
import type { Bus } from '../../nats/bus.js';
import { lastOf } from '../../nats/read/leader-get.js';
import { provenEnd, readAfter } from '../../nats/read/log-reader.js';
import { eventStream } from '../../nats/streams.js';
import { CacheBound } from './cache-bound.js';
import { LogSegment } from './log-segment.js';
import { ReconnectStorm } from './reconnect-storm.js';
import { SharedScan, type TakeSegment } from './shared-scan.js';

/** One read: large enough to amortise the request and a frame per reader, small enough that a slow socket pins little. */
const SEGMENT_EVENTS = 1024;
const SEGMENT_BYTES = 1024 * 1024;
/** The same while memory is scarce: each of hundreds of sockets that are not read holds a frame of it. */
const SCARCE_SEGMENT_BYTES = 64 * 1024;
/** Bytes of events that are encoded for views of their own meanwhile. Faster, memory would fill before what was sent is collected. */
const SCARCE_BYTES_PER_MS = 16 * 1024;

/** A leader that was replaced learns of it within a Raft heartbeat (1 s). */
const LEADER_CHANGE_MS = 1_500;

/** A subscription that is behind asks for what follows its position. */
export interface SegmentRequest {
  entry: string;
  partition: number;
  after: number;
  /** Read for a count and not for a subscriber: takes no place in the cache from those who are behind. */
  isForCount?: boolean;
}

/**
 * Reads the log for all subscriptions that are behind.
 *
 * Each entry has a shared scan, so that thousands that resume at once do not read the log thousands of times. Segments
 * have no fixed boundaries, since an entry may have one event in a million positions or a million in a row: a segment begins where
 * its first reader stood. They stay in a least-recently-used cache for readers that come later. See docs/decisions/0011.
 *
 * Invariant: a segment holds every event of its entry in (after, through]; nothing is cached across a truncation.
 */
export class LogSegments {
  /** Entry → its cached segments. */
  readonly #byEntry = new Map<string, LogSegment[]>();
  /** Cached segment → its partition, least recently used first. */
  readonly #used = new Map<LogSegment, number>();
  /** Entry → its scan while a reader is waiting. */
  readonly #scans = new Map<string, SharedScan>();
  /** By entry; as many as the catalog has entries. */
  readonly #storms = new Map<string, ReconnectStorm>();
  /** Reads in flight by single requests, so that equal ones share them. */
  readonly #loading = new Map<string, Promise<LogSegment>>();
  #bytes = 0;
  readonly #bound = new CacheBound();
  #truncations = 0;
  /** When what was encoded while memory was scarce has taken its time. */
  #encodedUntilMs = 0;

  constructor(
    private readonly bus: Bus,
    private readonly readers: PartitionReaders,
    /** With more than one a read may be answered by a lagging replica: see #readReplicated. */
    private readonly replicas: number,
    private readonly onRead: (events: number) => void,
  ) {}

  /** A subscription of the entry is being opened. Returns the function to call when it first asks for a segment, or will not. */
  expectReader(entry: string): () => void {
    return this.#stormOf(entry).arrive();
  }

  /** Gives `take` the segment that continues after a position; without events while the log ends there. Resolves when it is taken. */
  next({ entry, partition, after }: SegmentRequest, take: TakeSegment): Promise<void> {
    const scan = this.#scans.get(entry) ?? this.#startScan(entry, partition);
    return scan.next(after, take);
  }

  /** The same at once, without waiting for others: for a single request, which a scan in a storm would hold up for seconds. */
  read(request: SegmentRequest): Promise<LogSegment> {
    const key = `${request.partition} ${request.entry} ${request.after} ${request.isForCount ?? false}`;
    let loading = this.#loading.get(key);
    if (!loading) {
      loading = this.#load(request).finally(() => this.#loading.delete(key));
      this.#loading.set(key, loading);
    }
    return loading;
  }

  /** Buffers of this process beside the cache take so much memory that readers are to be given little at a time. */
  get isMemoryScarce(): boolean {
    return this.#bound.isScarce(this.#bytes);
  }

  /** Number of entries with waiting readers. */
  get scanning(): number {
    return this.#scans.size;
  }

  /** Forgets a truncated log: what was read of it, or is being read now, serves no reader that comes from now on. */
  dropPartition(partition: number): void {
    this.#truncations++;
    // A scan may hold a prefetched segment. Scans of other partitions merely stop sharing with readers that come later.
    this.#scans.clear();
    this.#loading.clear();
    for (const [segment, itsPartition] of this.#used) if (itsPartition === partition) this.#drop(segment);
  }

  #startScan(entry: string, partition: number): SharedScan {
    const scan = new SharedScan(
      (after) => this.#load({ entry, partition, after }),
      this.#stormOf(entry),
      () => {
        if (this.#scans.get(entry) === scan) this.#scans.delete(entry);
      },
    );
    this.#scans.set(entry, scan);
    return scan;
  }

  #stormOf(entry: string): ReconnectStorm {
    const known = this.#storms.get(entry);
    if (known) return known;
    const storm = new ReconnectStorm();
    this.#storms.set(entry, storm);
    return storm;
  }

  /** Resolves when it is the turn of a system to have a segment encoded, of which many come to be encoded at once. */
  async turnToEncode({ eventBytes }: LogSegment, share: TurnShare): Promise<void> {
    if (this.isMemoryScarce) {
      const nowMs = performance.now();
      this.#encodedUntilMs = Math.max(nowMs, this.#encodedUntilMs) + eventBytes / SCARCE_BYTES_PER_MS;
      await pause(this.#encodedUntilMs - nowMs);
    }
    await sharedTurn(share);
  }

  /** Counts encoded forms that were added to a segment and evicts the least recently used ones beyond the bound. */
  encoded(segment: LogSegment, bytes: number): void {
    segment.bytes += bytes;
    if (this.#used.has(segment)) this.#bytes += bytes;
    this.#evict();
  }

  async #load(request: SegmentRequest): Promise<LogSegment> {
    const known = this.#find(request);
    if (known) return this.#touch(known, request.partition);
    const recent = this.#readRecent(request);
    if (recent) return request.isForCount ? recent : this.#keep(recent, request.partition);
    const truncations = this.#truncations;
    const segment = this.replicas > 1 ? await this.#readReplicated(request) : await this.#readSingle(request);
    if (request.isForCount) return segment;
    this.onRead(segment.events.length);
    return truncations === this.#truncations ? this.#keep(segment, request.partition) : segment;
  }

  /** Serves a reader from the recent tail in memory when its position lies inside. */
  #readRecent({ entry, partition, after }: SegmentRequest): LogSegment | undefined {
    const { recent, head } = this.readers.at(partition);
    const found = recent.eventsAfter(after, entry, SEGMENT_EVENTS);
    if (!found) return undefined;
    const events = this.isMemoryScarce ? beginningOf(found, SCARCE_SEGMENT_BYTES) : found;
    const isAll = events.length === found.length && found.length < SEGMENT_EVENTS;
    return new LogSegment(entry, after, isAll ? head : (events.at(-1) as LogEvent).position, events);
  }

  /** Everything up to the head was stored before the read began, so the answer is complete up to there. */
  async #readSingle(request: SegmentRequest): Promise<LogSegment> {
    const headBefore = this.readers.at(request.partition).head;
    const messages = await readAfter(this.bus, {
      stream: eventStream(request.partition),
      after: request.after,
      subject: entryFilter(request.partition, request.entry),
      limit: SEGMENT_EVENTS,
      maxBytes: this.#readBytesMax,
    });
    const memory = new EventMemory();
    const events = messages.map((message) => new LogEvent(message, request.entry, memory));
    const last = events.at(-1)?.position ?? request.after;
    const through = events.length === 0 ? Math.max(headBefore, last) : last;
    return new LogSegment(request.entry, request.after, through, events);
  }

  /**
   * A lagging replica answers "nothing more" for messages that it does not have yet. An unfiltered read shows how far the
   * replica is: the segment ends at the last message of the answer, of whatever entry.
   */
  async #readReplicated(request: SegmentRequest): Promise<LogSegment> {
    const headBefore = this.readers.at(request.partition).head;
    const messages = await readAfter(this.bus, {
      stream: eventStream(request.partition),
      after: request.after,
      subject: `ev.${request.partition}.>`,
      limit: SEGMENT_EVENTS,
      maxBytes: this.#readBytesMax,
    });
    const prefix = entryFilter(request.partition, request.entry).slice(0, -1);
    const memory = new EventMemory();
    const own = messages.filter((message) => message.subject.startsWith(prefix));
    const events = own.map((message) => new LogEvent(message, request.entry, memory));
    const last = messages.at(-1)?.position;
    if (last === undefined && (await this.#isExpired(request)))
      return new LogSegment(request.entry, request.after, headBefore, []);
    return new LogSegment(request.entry, request.after, last ?? request.after, events);
  }

  /**
   * Whether the leader has nothing after a position because all of it ended by age. It is asked twice, since a leader that
   * was cut off still answers for a moment when it comes back.
   */
  async #isExpired({ partition, after }: SegmentRequest): Promise<boolean> {
    const stream = eventStream(partition);
    for (let attempt = 1; ; attempt++) {
      const newest = await lastOf(this.bus, stream, `ev.${partition}.>`);
      if (newest && newest.position > after) return false;
      if (attempt === 2) return true;
      await provenEnd(this.bus, stream);
      await pause(LEADER_CHANGE_MS);
    }
  }

  get #readBytesMax(): number {
    return this.isMemoryScarce ? SCARCE_SEGMENT_BYTES : SEGMENT_BYTES;
  }

  /** Leaves out large ones from before memory was scarce: encoding one makes a frame of its size for each view. */
  #find(request: SegmentRequest): LogSegment | undefined {
    const eventBytesMax = this.isMemoryScarce ? 2 * SCARCE_SEGMENT_BYTES : Number.POSITIVE_INFINITY;
    return this.#byEntry
      .get(request.entry)
      ?.find(
        ({ after, through, eventBytes }) =>
          after <= request.after && request.after < through && eventBytes <= eventBytesMax,
      );
  }

  #keep(segment: LogSegment, partition: number): LogSegment {
    // An empty segment covers nothing: the next read must ask the store again.
    if (segment.through === segment.after) return segment;
    const segments = this.#byEntry.get(segment.entry);
    if (segments) segments.push(segment);
    else this.#byEntry.set(segment.entry, [segment]);
    this.#used.set(segment, partition);
    this.#bytes += segment.bytes;
    this.#evict();
    return segment;
  }

  #touch(segment: LogSegment, partition: number): LogSegment {
    this.#used.delete(segment);
    this.#used.set(segment, partition);
    return segment;
  }

  #evict(): void {
    const bytesMax = this.#bound.bytesMax(this.#bytes);
    for (const segment of this.#used.keys()) {
      if (this.#bytes <= bytesMax) return;
      this.#drop(segment);
    }
  }

  #drop(segment: LogSegment): void {
    this.#used.delete(segment);
    this.#bytes -= segment.bytes;
    const segments = this.#byEntry.get(segment.entry) ?? [];
    const index = segments.indexOf(segment);
    if (index >= 0) segments.splice(index, 1);
    if (segments.length === 0) this.#byEntry.delete(segment.entry);
  }
}

/** As many of the events as have so many bytes together, one at least. */
function beginningOf(events: LogEvent[], bytesMax: number): LogEvent[] {
  let end = 0;
  for (let bytes = 0; end < events.length; end++) {
    bytes += (events[end] as LogEvent).size;
    if (bytes > bytesMax && end > 0) break;
  }
  return events.slice(0, end);
}
