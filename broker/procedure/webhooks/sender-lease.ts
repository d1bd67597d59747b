import { randomId } from '../../../proto/random-id.js';
import { WEBHOOK_SENDER_SUBJECT } from '../../../proto/subject.js';
import type { Bus } from '../../nats/bus.js';
import { lastOf } from '../../nats/read/leader-get.js';
import { WrongExpectedSequenceError } from '../../nats/store-errors.js';
import { CURSORS_STREAM } from '../../nats/streams.js';

/** How often the holder writes the lease, and the others look at it. */
export const LEASE_STEP_MS = 5_000;
/** The holder sends no more when its last write was begun so long ago. */
const HELD_MS = 15_000;
/** Others take a lease over that has not changed for so long, by their own clock. */
const UNCHANGED_MS = 20_000;

interface LeaseRecord {
  holder: string;
  released?: true;
}

/**
 * Lets one broker of several send. Clocks of machines differ, so nobody compares a stored time with its own: a lease is
 * free when the one who looks has not seen its record change for longer than a holder sends without having written it.
 */
export class SenderLease {
  readonly #holder = randomId();
  /** Sequence of the newest record that was seen, and since when. */
  #seen: { revision: number; sinceMs: number } | undefined;
  #heldUntilMs = 0;

  constructor(
    private readonly bus: Bus,
    private readonly monotonicMs: () => number,
  ) {}

  get isHeld(): boolean {
    return this.monotonicMs() < this.#heldUntilMs;
  }

  /** Gives the lease up without waiting, when a write showed that another broker has it. */
  lose(): void {
    this.#heldUntilMs = 0;
  }

  /** Takes the lease or keeps it; false while another broker has it. */
  async keep(): Promise<boolean> {
    if (this.isHeld) return this.#write(this.#seen?.revision ?? 0);
    const message = await lastOf(this.bus, CURSORS_STREAM, WEBHOOK_SENDER_SUBJECT);
    const revision = message?.position ?? 0;
    if (this.#seen?.revision !== revision) this.#seen = { revision, sinceMs: this.monotonicMs() };
    const record = message && (JSON.parse(Buffer.from(message.data).toString()) as LeaseRecord);
    const isFree = !record || record.released || this.monotonicMs() - this.#seen.sinceMs >= UNCHANGED_MS;
    return isFree ? this.#write(revision) : false;
  }

  /** Lets another broker go on at once. */
  async release(): Promise<void> {
    if (!this.isHeld) return;
    await this.#write(this.#seen?.revision ?? 0, true);
    this.lose();
  }

  async #write(expectLastSubject: number, isRelease = false): Promise<boolean> {
    const begunMs = this.monotonicMs();
    const record: LeaseRecord = { holder: this.#holder, ...(isRelease && { released: true }) };
    const data = Buffer.from(JSON.stringify(record));
    try {
      const written = await this.bus.publisher.publish({ subject: WEBHOOK_SENDER_SUBJECT, data, expectLastSubject });
      this.#seen = { revision: written.position, sinceMs: begunMs };
      this.#heldUntilMs = begunMs + HELD_MS;
      return true;
    } catch (error) {
      if (!(error instanceof WrongExpectedSequenceError)) throw error;
      this.lose();
      return false;
    }
  }
}
