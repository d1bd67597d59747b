import type { DeliveredEvent } from '../../proto/event/event.js';
import type { From, SubscribedFrame } from '../../proto/frames/frames.js';
import { isSameEpoch } from '../../proto/log-position.js';
import { GapError } from '../errors.js';

/**
 * Progress of one subscription across all its connections: received, handed over, acknowledged, confirmed. It determines where
 * the next connection starts and which of its events are repeats. Invariant: confirmed ≤ acknowledged ≤ handed over, apart
 * from positions that the filter skipped.
 */
export class SubscriptionProgress {
  #log: string | undefined;
  /** Position of the first `subscribed` frame: everything up to it was processed before this subscriber began. */
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
  /** Rejections that the bus has not confirmed, in the order of their positions. */
  get rejects(): { position: number; reason: string }[] {
    return [...this.#rejects]
      .map(([position, reason]) => ({ position, reason }))
      .sort((a, b) => a.position - b.position);
  }

  /**
   * Start of the next connection. Once the bus has confirmed a position its cursor is authoritative, because another instance
   * may have moved it since. Before that, and for an application that stores its position, the acknowledged position is.
   */
  resumeFrom(): From {
    if (this.#log === undefined) return this.start;
    if (this.start === 'cursor' && this.#confirmed !== undefined) return 'cursor';
    return { after: Math.max(this.#acknowledged, this.#startPosition), log: this.#log };
  }

  /** Throws GapError when the positions handed over so far belong to another log epoch. */
  subscribed(frame: SubscribedFrame): void {
    if (this.#log !== undefined && !isSameEpoch(this.#log, frame.log)) {
      throw new GapError(
        'the log has started another epoch: positions of the previous one no longer apply',
        this.#handedOver || undefined,
        undefined,
      );
    }
    if (this.#log === undefined) this.#startPosition = frame.position;
    this.#log = frame.log;
    this.#through = Math.max(this.#through, frame.position);
  }

  /** The events that no earlier connection has handed over. */
  unseen(events: DeliveredEvent[], through: number): DeliveredEvent[] {
    this.#through = Math.max(this.#through, through);
    const first = events[0];
    if (!first || first.position > this.#handedOver) return events;
    return events.filter((event) => event.position > this.#handedOver);
  }

  handOver(position: number): void {
    this.#handedOver = position;
  }

  /** Returns the position to acknowledge now, which never goes back. */
  acknowledge(position: number): number {
    if (position > Math.max(this.#handedOver, this.#acknowledged)) {
      throw new RangeError(`position ${position} has not been handed over`);
    }
    this.#acknowledged = Math.max(this.#acknowledged, position);
    return this.#acknowledged;
  }

  /**
   * Once everything handed over is acknowledged, the positions that the filter skipped behind it are processed too. Acknowledging
   * them keeps the cursor of a grant that rarely matches near the end of the log. Undefined when there is nothing to skip.
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
