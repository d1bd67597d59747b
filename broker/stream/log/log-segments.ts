import { entryFilter } from '../../../proto/subject.js';
import type { Bus } from '../../nats/bus.js';
import { readAfter } from '../../nats/log-reader.js';
import { eventStream } from '../../nats/streams.js';
import { LogEvent } from './log-event.js';
import { LogSegment } from './log-segment.js';
import type { PartitionReaders } from './partition-readers.js';

/** One read: large enough that the request costs little, small enough that a slow socket holds little. */
const SEGMENT_EVENTS = 512;
const SEGMENT_BYTES = 512 * 1024;
/** What all segments together may hold, encoded forms included. */
const CACHE_BYTES_MAX = 96 * 1024 * 1024;

/** Entry and place of a reader that is behind. */
export interface LogPlace {
  entry: string;
  partition: number;
  after: number;
}

/**
 * Reads the log for subscriptions that are behind. A segment that one subscription has read serves every other that
 * passes there: a new read stops where a known segment begins, so that readers from different positions come together
 * and thousands that return at once do not read the log thousands of times.
 */
export class LogSegments {
  /** entry → segments in the order of use; the place of a segment is never moved. */
  readonly #byEntry = new Map<string, LogSegment[]>();
  /** Least recently used first. */
  readonly #used = new Set<LogSegment>();
  readonly #loading = new Map<string, Promise<LogSegment>>();
  #bytes = 0;

  constructor(
    private readonly bus: Bus,
    private readonly readers: PartitionReaders,
    /** With several replicas a read may be answered by one that lags: see #readReplicated. */
    private readonly replicas: number,
    private readonly onRead: (events: number) => void,
  ) {}

  /** The segment that holds what comes next after a place; without events when the log ends there for now. */
  async next(place: LogPlace): Promise<LogSegment> {
    const known = this.#find(place);
    if (known) return this.#touch(known);
    const key = `${place.entry} ${place.after}`;
    const loading = this.#loading.get(key) ?? this.#load(place, key);
    return loading;
  }

  /** Encoded forms were added to a segment: they count, and the oldest segments make room. */
  grew(segment: LogSegment, bytes: number): void {
    segment.bytes += bytes;
    if (this.#used.has(segment)) this.#bytes += bytes;
    this.#evict();
  }

  #load(place: LogPlace, key: string): Promise<LogSegment> {
    const loading = this.#read(place).then((segment) => this.#keep(segment));
    this.#loading.set(key, loading);
    const done = () => this.#loading.delete(key);
    loading.then(done, done);
    return loading;
  }

  async #read(place: LogPlace): Promise<LogSegment> {
    const segment = this.replicas > 1 ? await this.#readReplicated(place) : await this.#readSingle(place);
    this.onRead(segment.events.length);
    return segment;
  }

  /** Everything up to the head was stored before the read began, so the read has it all. */
  async #readSingle(place: LogPlace): Promise<LogSegment> {
    const headBefore = this.readers.at(place.partition).head;
    const messages = await readAfter(this.bus, {
      stream: eventStream(place.partition),
      after: place.after,
      subject: entryFilter(place.partition, place.entry),
      limit: SEGMENT_EVENTS,
      maxBytes: SEGMENT_BYTES,
    });
    const events = messages.map((message) => new LogEvent(message, place.entry));
    const last = events.at(-1)?.position ?? place.after;
    return this.#cut(place, events, events.length === 0 ? Math.max(headBefore, last) : last);
  }

  /**
   * A replica that lags would answer "nothing more" for what it has not got yet. Reading without a filter shows how
   * far the replica is: the segment reaches to the last message that came, whosever it was.
   */
  async #readReplicated(place: LogPlace): Promise<LogSegment> {
    const messages = await readAfter(this.bus, {
      stream: eventStream(place.partition),
      after: place.after,
      subject: `ev.${place.partition}.>`,
      limit: SEGMENT_EVENTS,
      maxBytes: SEGMENT_BYTES,
    });
    const prefix = entryFilter(place.partition, place.entry).slice(0, -1);
    const events = messages.filter((m) => m.subject.startsWith(prefix)).map((m) => new LogEvent(m, place.entry));
    return this.#cut(place, events, messages.at(-1)?.position ?? place.after);
  }

  /** Ends the segment where a known one begins. */
  #cut(place: LogPlace, events: LogEvent[], through: number): LogSegment {
    let end = through;
    for (const other of this.#byEntry.get(place.entry) ?? []) {
      if (other.after > place.after && other.after < end) end = other.after;
    }
    const kept = end === through ? events : events.filter((event) => event.position <= end);
    return new LogSegment(place.entry, place.after, end, kept);
  }

  #find(place: LogPlace): LogSegment | undefined {
    return this.#byEntry
      .get(place.entry)
      ?.find((segment) => segment.after <= place.after && place.after < segment.through);
  }

  #keep(segment: LogSegment): LogSegment {
    // Nothing was found and nothing passed over: the next read must ask again.
    if (segment.through === segment.after) return segment;
    const segments = this.#byEntry.get(segment.entry);
    if (segments) segments.push(segment);
    else this.#byEntry.set(segment.entry, [segment]);
    this.#used.add(segment);
    this.#bytes += segment.bytes;
    this.#evict();
    return segment;
  }

  #touch(segment: LogSegment): LogSegment {
    this.#used.delete(segment);
    this.#used.add(segment);
    return segment;
  }

  #evict(): void {
    for (const segment of this.#used) {
      if (this.#bytes <= CACHE_BYTES_MAX) return;
      this.#used.delete(segment);
      this.#bytes -= segment.bytes;
      this.#forget(segment);
    }
  }

  #forget(segment: LogSegment): void {
    const segments = this.#byEntry.get(segment.entry) ?? [];
    const index = segments.indexOf(segment);
    if (index >= 0) segments.splice(index, 1);
    if (segments.length === 0) this.#byEntry.delete(segment.entry);
  }
}
