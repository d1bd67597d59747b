import { setTimeout as pause } from 'node:timers/promises';
import { entryFilter } from '../../../proto/subject.js';
import { EventMemory } from '../../event-log/event-memory.js';
import { LogEvent } from '../../event-log/log-event.js';
import type { PartitionReaders } from '../../event-log/partition-readers.js';
import type { Bus } from '../../nats/bus.js';
import { lastOf, provenEnd, readAfter } from '../../nats/read/log-reader.js';
import { eventStream } from '../../nats/streams.js';
import { LogSegment } from './log-segment.js';
import { SharedScan } from './shared-scan.js';

/** One read: large enough that the request and a frame per rider cost little, small enough that a slow socket holds little. */
const SEGMENT_EVENTS = 1024;
const SEGMENT_BYTES = 1024 * 1024;
/** What all segments together may hold, encoded forms included. */
const CACHE_BYTES_MAX = 96 * 1024 * 1024;

/** A leader that was replaced knows within a heartbeat (1 s). */
const ASK_AGAIN_MS = 1_500;

/** Entry and place of a reader that is behind. */
export interface SegmentRequest {
  entry: string;
  partition: number;
  after: number;
  /** Has got nothing yet: many of those at once are waited for. */
  isNew?: boolean;
}

/**
 * Reads the log for all who are behind. They are brought together by a sweep per entry, so that thousands that return at
 * once do not read the log thousands of times; what was read stays known for a while for those who come later.
 */
export class LogSegments {
  /** entry → segments in the order of use; the place of a segment is never moved. */
  readonly #byEntry = new Map<string, LogSegment[]>();
  /** Segment → its partition, least recently used first. */
  readonly #used = new Map<LogSegment, number>();
  /** Of entries that somebody waits for. */
  readonly #scans = new Map<string, SharedScan>();
  #bytes = 0;
  #truncations = 0;

  constructor(
    private readonly bus: Bus,
    private readonly readers: PartitionReaders,
    /** With several replicas a read may be answered by one that lags: see #readReplicated. */
    private readonly replicas: number,
    private readonly onRead: (events: number) => void,
  ) {}

  /** The segment that holds what comes next after a place; without events when the log ends there for now. */
  next({ entry, partition, after, isNew }: SegmentRequest): Promise<LogSegment> {
    const sweep = this.#scans.get(entry) ?? this.#startScan(entry, partition);
    return sweep.next(after, isNew);
  }

  /** How many entries somebody waits for. */
  get scanning(): number {
    return this.#scans.size;
  }

  /** The log of a partition has lost its tail: what was read of it, or is being read, is for nobody who comes from now on. */
  dropPartition(partition: number): void {
    this.#truncations++;
    // A sweep may hold what it read ahead. Those of other partitions lose no more than the company of who comes later.
    this.#scans.clear();
    for (const [segment, itsPartition] of this.#used) if (itsPartition === partition) this.#drop(segment);
  }

  #startScan(entry: string, partition: number): SharedScan {
    const sweep = new SharedScan(
      (after) => this.#load({ entry, partition, after }),
      () => {
        if (this.#scans.get(entry) === sweep) this.#scans.delete(entry);
      },
    );
    this.#scans.set(entry, sweep);
    return sweep;
  }

  /** Encoded forms were added to a segment: they count, and the oldest segments make room. */
  encoded(segment: LogSegment, bytes: number): void {
    segment.bytes += bytes;
    if (this.#used.has(segment)) this.#bytes += bytes;
    this.#evict();
  }

  async #load(place: SegmentRequest): Promise<LogSegment> {
    const known = this.#find(place);
    if (known) return this.#touch(known, place.partition);
    const recent = this.#readRecent(place);
    if (recent) return this.#keep(recent, place.partition);
    const truncations = this.#truncations;
    const segment = this.replicas > 1 ? await this.#readReplicated(place) : await this.#readSingle(place);
    this.onRead(segment.events.length);
    return truncations === this.#truncations ? this.#keep(segment, place.partition) : segment;
  }

  /** What was dispatched a moment ago is still in memory. */
  #readRecent({ entry, partition, after }: SegmentRequest): LogSegment | undefined {
    const { recent, head } = this.readers.at(partition);
    const events = recent.eventsAfter(after, entry, SEGMENT_EVENTS);
    if (!events) return undefined;
    const isAll = events.length < SEGMENT_EVENTS;
    return new LogSegment(entry, after, isAll ? head : (events.at(-1) as LogEvent).position, events);
  }

  /** Everything up to the head was stored before the read began, so the read has it all. */
  async #readSingle(place: SegmentRequest): Promise<LogSegment> {
    const headBefore = this.readers.at(place.partition).head;
    const messages = await readAfter(this.bus, {
      stream: eventStream(place.partition),
      after: place.after,
      subject: entryFilter(place.partition, place.entry),
      limit: SEGMENT_EVENTS,
      maxBytes: SEGMENT_BYTES,
    });
    const memory = new EventMemory();
    const events = messages.map((message) => new LogEvent(message, place.entry, memory));
    const last = events.at(-1)?.position ?? place.after;
    const through = events.length === 0 ? Math.max(headBefore, last) : last;
    return new LogSegment(place.entry, place.after, through, events);
  }

  /**
   * A replica that lags would answer "nothing more" for what it has not got yet. Reading without a filter shows how
   * far the replica is: the segment reaches to the last message that came, whosever it was.
   */
  async #readReplicated(place: SegmentRequest): Promise<LogSegment> {
    const headBefore = this.readers.at(place.partition).head;
    const messages = await readAfter(this.bus, {
      stream: eventStream(place.partition),
      after: place.after,
      subject: `ev.${place.partition}.>`,
      limit: SEGMENT_EVENTS,
      maxBytes: SEGMENT_BYTES,
    });
    const prefix = entryFilter(place.partition, place.entry).slice(0, -1);
    const memory = new EventMemory();
    const own = messages.filter((message) => message.subject.startsWith(prefix));
    const events = own.map((message) => new LogEvent(message, place.entry, memory));
    const last = messages.at(-1)?.position;
    if (last === undefined && (await this.#isExpired(place)))
      return new LogSegment(place.entry, place.after, headBefore, []);
    return new LogSegment(place.entry, place.after, last ?? place.after, events);
  }

  /**
   * Whether everything behind a place has ended by age, as the leader has it. It is asked twice: one that was cut off answers
   * for a moment when it comes back.
   */
  async #isExpired({ partition, after }: SegmentRequest): Promise<boolean> {
    const stream = eventStream(partition);
    for (let time = 1; ; time++) {
      const newest = await lastOf(this.bus, stream, `ev.${partition}.>`);
      if (newest && newest.position > after) return false;
      if (time === 2) return true;
      await provenEnd(this.bus, stream);
      await pause(ASK_AGAIN_MS);
    }
  }

  #find(place: SegmentRequest): LogSegment | undefined {
    return this.#byEntry
      .get(place.entry)
      ?.find((segment) => segment.after <= place.after && place.after < segment.through);
  }

  #keep(segment: LogSegment, partition: number): LogSegment {
    // Nothing was found and nothing passed over: the next read must ask again.
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
    for (const segment of this.#used.keys()) {
      if (this.#bytes <= CACHE_BYTES_MAX) return;
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
