import { partitionPoint } from '../../../proto/values/partition-point.js';
import { EventChunk, type EventRange } from './event-chunk.js';

export interface LagCount {
  events: number;
  /** Acceptance time of the first of them in the order of the log. */
  oldestMs: number | undefined;
  /** The range of the log to be read before the count is exact; until then `events` is a lower bound. */
  missing: EventRange | undefined;
}

/**
 * Positions and acceptance times of the events that one row filter lets through, ascending.
 *
 * A cursor may stand anywhere and moves with every acknowledgement, so one number per cursor would have to be counted again
 * from the log each time. Instead each chunk of events knows how many came before it, and a count is two look-ups.
 */
export class MatchedEvents {
  #chunks: EventChunk[] = [];
  /** Events that were ever appended. */
  #end = 0;
  #retained = 0;

  /** Every matched event with a position above `after` is here. */
  constructor(private afterPosition: number) {}

  get after(): number {
    return this.afterPosition;
  }

  /** Events whose positions are held, at 16 bytes each. */
  get retained(): number {
    return this.#retained;
  }

  append(position: number, acceptedAtMs: number): void {
    const newest = this.#chunks.at(-1);
    if (position <= (newest?.last ?? this.afterPosition)) return;
    let chunk = newest;
    if (!chunk || chunk.isFull) {
      chunk = new EventChunk(this.#end, newest?.maxMsSoFar ?? 0);
      this.#chunks.push(chunk);
    }
    chunk.append(position, acceptedAtMs);
    this.#end++;
    this.#retained++;
  }

  /** Counts the events after a position that were accepted at or after a time. */
  countAfter(position: number, sinceMs: number): LagCount {
    const chunks = this.#chunks;
    const missing = position < this.afterPosition ? { after: position, through: this.afterPosition } : undefined;
    const count: LagCount = { events: 0, oldestMs: undefined, missing };
    // Nearly always: its subscriber keeps up.
    if (position >= (chunks.at(-1)?.last ?? 0)) return count;
    const first = Math.max(
      partitionPoint(0, chunks.length, (index) => (chunks[index] as EventChunk).last <= position),
      partitionPoint(0, chunks.length, (index) => (chunks[index] as EventChunk).maxMsSoFar < sinceMs),
    );
    for (let i = first; i < chunks.length; i++) {
      const chunk = chunks[i] as EventChunk;
      // Acceptance is in the order of the log but for some seconds, so that later chunks are whole as well.
      if (chunk.first > position && chunk.minMs >= sinceMs) {
        count.events += this.#end - chunk.start;
        count.oldestMs ??= chunk.firstMs;
        break;
      }
      const part = chunk.countAfter(position, sinceMs);
      if (!part) count.missing ??= chunk.range;
      else {
        count.events += part.events;
        count.oldestMs ??= part.oldestMs;
      }
    }
    return count;
  }

  /** Takes what a scan of `range` has found: before everything that is here, or in place of a collapsed chunk. */
  insert({ after, through }: EventRange, found: MatchedEvents): void {
    const chunks = this.#chunks;
    const from = partitionPoint(0, chunks.length, (index) => (chunks[index] as EventChunk).first <= after);
    const to = partitionPoint(0, chunks.length, (index) => (chunks[index] as EventChunk).last <= through);
    if (through < this.afterPosition || to < from) return;
    const rest = chunks.slice(to);
    const before = chunks.slice(0, from);
    this.#chunks = [];
    this.#end = 0;
    this.#retained = 0;
    this.afterPosition = Math.min(this.afterPosition, after);
    for (const chunk of [...before, ...found.#chunks, ...rest]) this.#adopt(chunk);
  }

  /** Forgets what no cursor counts any more. */
  dropThrough(position: number): void {
    const chunks = this.#chunks;
    const dropped = partitionPoint(0, chunks.length, (index) => (chunks[index] as EventChunk).last <= position);
    for (const chunk of chunks.splice(0, dropped)) this.#retained -= chunk.retained;
    this.afterPosition = Math.max(this.afterPosition, Math.min(position, (chunks[0]?.first ?? position + 1) - 1));
  }

  /** Drops the positions of full chunks in which none of the cursors stands, and keeps how many there were. */
  collapse(cursors: Float64Array): void {
    for (const chunk of this.#chunks) {
      if (!chunk.isFull) continue;
      const { after, through } = chunk.range;
      const next = cursors[partitionPoint(0, cursors.length, (index) => (cursors[index] as number) <= after)];
      if (next !== undefined && next < through) continue;
      this.#retained -= chunk.retained;
      chunk.collapse();
    }
  }

  #adopt(chunk: EventChunk): void {
    chunk.startAt(this.#end, this.#chunks.at(-1)?.maxMsSoFar ?? 0);
    this.#end += chunk.size;
    this.#retained += chunk.retained;
    this.#chunks.push(chunk);
  }
}
