import { partitionPoint } from '../../proto/values/partition-point.js';
import type { LogEvent } from './log-event.js';

/** A subscriber that pauses for a moment finds the events it missed here; older ones are read from the store. */
const RECENT_EVENTS_MAX = 16_384;
const RECENT_BYTES_MAX = 8 * 1024 * 1024;
/** So many of the newest events stay decoded, for those who count them after they were dispatched. */
const DECODED_EVENTS_MAX = 2048;

/**
 * The end of one partition's log in memory, without a gap from `after` to the last event dispatched. It makes the
 * hand-over possible: a subscription that has everything up to `after` takes the rest from here and joins the live
 * channel in the same turn of the event loop.
 */
export class RecentTail {
  /** Dropped events leave empty elements until there are enough of them to move the rest. */
  #events: (LogEvent | undefined)[] = [];
  #first = 0;
  #bytes = 0;
  #after: number;

  /** `after`: position before the first event that will be pushed. */
  constructor(after: number) {
    this.#after = after;
  }

  /** Everything after this position is here. */
  get after(): number {
    return this.#after;
  }

  push(event: LogEvent): void {
    this.#events.push(event);
    this.#bytes += event.size;
    this.#events[this.#events.length - 1 - DECODED_EVENTS_MAX]?.forgetDecoded();
    while (this.#bytes > RECENT_BYTES_MAX || this.#events.length - this.#first > RECENT_EVENTS_MAX) this.#dropOldest();
  }

  /** Starts anew after an interruption: nothing up to `after` is here. */
  reset(after: number): void {
    this.#events = [];
    this.#first = 0;
    this.#bytes = 0;
    this.#after = after;
  }

  /** Up to `max` events of one entry after a position, ascending; undefined when the position is before what is kept. */
  eventsAfter(position: number, entry: string, max = RECENT_EVENTS_MAX): LogEvent[] | undefined {
    if (position < this.#after) return undefined;
    const found: LogEvent[] = [];
    for (let i = this.#firstAfter(position); i < this.#events.length && found.length < max; i++) {
      const event = this.#events[i] as LogEvent;
      if (event.entry === entry) found.push(event);
    }
    return found;
  }

  /**
   * The event at a position; the oldest one that is kept for a position before it, undefined when there is none or the position is
   * not a kept event's.
   */
  eventAt(position: number): LogEvent | undefined {
    if (position <= this.#after) return this.#events[this.#first];
    const event = this.#events[this.#firstAfter(position - 1)];
    return event?.position === position ? event : undefined;
  }

  #firstAfter(position: number): number {
    const isBefore = (index: number) => (this.#events[index] as LogEvent).position <= position;
    return partitionPoint(this.#first, this.#events.length, isBefore);
  }

  #dropOldest(): void {
    const oldest = this.#events[this.#first] as LogEvent;
    this.#bytes -= oldest.size;
    this.#after = oldest.position;
    this.#events[this.#first++] = undefined;
    if (this.#first > RECENT_EVENTS_MAX) {
      this.#events = this.#events.slice(this.#first);
      this.#first = 0;
    }
  }
}
