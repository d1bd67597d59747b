import type { LogEvent } from '../../event-log/log-event.js';
import { TurnBudget } from './turn-budget.js';

/** Beyond these the oldest event is counted at once: the reader of the log is slowed down rather than memory filled. */
const QUEUED_EVENTS_MAX = 8_192;
const QUEUED_BYTES_MAX = 8 * 1024 * 1024;
/** Events of this interval are counted together, after they were delivered. */
const INTERVAL_MS = 100;

/** Holds events until the event loop has nothing more urgent to do than to count them. */
export class EventQueue {
  #events: LogEvent[] = [];
  #first = 0;
  #bytes = 0;
  #draining: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly count: (event: LogEvent) => void) {}

  /** Takes well under a microsecond. */
  push(event: LogEvent): void {
    this.#events.push(event);
    this.#bytes += event.size;
    while (this.#size > QUEUED_EVENTS_MAX || this.#bytes > QUEUED_BYTES_MAX) this.#countOldest();
    if (this.#timer || this.#draining) return;
    this.#timer = setTimeout(() => void this.drained(), INTERVAL_MS);
    this.#timer.unref();
  }

  /** Resolves when every event that is queued now was counted. */
  drained(): Promise<void> {
    this.#draining ??= this.#drain().finally(() => {
      this.#draining = undefined;
    });
    return this.#draining;
  }

  /** Counts what is queued in this turn: for the rare moment after which it must not be counted any more. */
  drainNow(): void {
    while (this.#size > 0) this.#countOldest();
  }

  /** Drops everything that is queued. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#events = [];
    this.#first = 0;
  }

  get #size(): number {
    return this.#events.length - this.#first;
  }

  async #drain(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const budget = new TurnBudget();
    while (this.#size > 0) {
      this.#countOldest();
      if (budget.isUsedUp) await budget.nextTurn();
    }
  }

  #countOldest(): void {
    const event = this.#events[this.#first++] as LogEvent;
    this.#bytes -= event.size;
    if (this.#first === this.#events.length) {
      this.#events = [];
      this.#first = 0;
    } else if (this.#first > QUEUED_EVENTS_MAX) {
      this.#events = this.#events.slice(this.#first);
      this.#first = 0;
    }
    this.count(event);
  }
}
