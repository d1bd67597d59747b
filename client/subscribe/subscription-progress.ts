import type { DeliveredEvent } from '../../proto/event/event.js';
import type { From, SubscribedFrame } from '../../proto/frames/frames.js';
import { GapError } from '../errors.js';

/**
 * How far one subscription has come, across all its connections: received, handed over, acknowledged, confirmed.
 * From that follows where the next connection starts and what of it is a repeat.
 */
export class SubscriptionProgress {
  #log: string | undefined;
  /** Everything up to here was done before this life began. */
  #startPosition = 0;
  #handedOver = 0;
  #acknowledged = 0;
  #confirmed: number | undefined;
  #through = 0;
  readonly #rejects = new Map<number, string>();

  constructor(private readonly start: From) {}

  get log(): string {
    return this.#log ?? '';
  }
  get confirmed(): number | undefined {
    return this.#confirmed;
  }
  get isConfirmed(): boolean {
    return this.#acknowledged <= Math.max(this.#confirmed ?? 0, this.#startPosition);
  }
  get acknowledged(): number {
    return this.#acknowledged;
  }
  get resumePoint(): { after: number; log: string } | undefined {
    if (this.#log === undefined) return undefined;
    return { after: Math.max(this.#handedOver, this.#startPosition), log: this.#log };
  }
  /** Rejections that the bus has not confirmed, in order. */
  get rejects(): { position: number; reason: string }[] {
    return [...this.#rejects]
      .map(([position, reason]) => ({ position, reason }))
      .sort((a, b) => a.position - b.position);
  }

  /**
   * Where the next connection starts. The bus's own cursor is the truth as soon as it has confirmed one, because another
   * instance may have moved it meanwhile; before that, and for a caller who keeps the position, it is what we know.
   */
  resumeFrom(): From {
    if (this.#log === undefined) return this.start;
    if (this.start === 'cursor' && this.#confirmed !== undefined) return 'cursor';
    return { after: Math.max(this.#acknowledged, this.#startPosition), log: this.#log };
  }

  /** Throws GapError when positions that were handed over belong to another life of the log. */
  subscribed(frame: SubscribedFrame): void {
    if (this.#log !== undefined && this.#log !== frame.log) {
      throw new GapError('the log has begun another life', this.#handedOver || undefined, undefined);
    }
    if (this.#log === undefined) this.#startPosition = frame.position;
    this.#log = frame.log;
    this.#through = Math.max(this.#through, frame.position);
  }

  /** Those of the events that were not handed over on an earlier connection. */
  unseen(events: DeliveredEvent[], through: number): DeliveredEvent[] {
    this.#through = Math.max(this.#through, through);
    const first = events[0];
    if (!first || first.position > this.#handedOver) return events;
    return events.filter((event) => event.position > this.#handedOver);
  }

  handOver(position: number): void {
    this.#handedOver = position;
  }

  /** Returns the position that may be acknowledged now: never less than before. */
  acknowledge(position: number): number {
    if (position > Math.max(this.#handedOver, this.#acknowledged)) {
      throw new RangeError(`position ${position} has not been handed over`);
    }
    this.#acknowledged = Math.max(this.#acknowledged, position);
    return this.#acknowledged;
  }

  /**
   * When all that was handed over is acknowledged and nothing waits, what the filter passed over is done too. Acknowledging
   * it keeps the cursor of a grant that matches rarely from falling behind the end of the log.
   */
  acknowledgeSkipped(): number | undefined {
    const done = Math.max(this.#acknowledged, this.#startPosition);
    if (this.#handedOver > done || this.#through <= done) return undefined;
    this.#acknowledged = this.#through;
    return this.#through;
  }

  reject(position: number, reason: string): void {
    this.#rejects.set(position, reason);
  }

  confirm(position: number): void {
    this.#confirmed = Math.max(this.#confirmed ?? 0, position);
    for (const rejected of this.#rejects.keys()) if (rejected <= position) this.#rejects.delete(rejected);
  }
}
