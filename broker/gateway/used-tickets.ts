import type { Bus } from '../nats/bus.js';
import { WrongExpectedSequenceError } from '../nats/store-errors.js';

/** Twice as long as a ticket is valid: by then it has expired on every clock. */
const REMEMBERED_SECONDS = 60;

/** Records in the store which tickets were used, so that each opens one session in the whole cluster. */
export class UsedTickets {
  constructor(private readonly bus: Bus) {}

  /** Resolves with false when the ticket was used before. Rejects when the store cannot be asked. */
  async useOnce(id: string): Promise<boolean> {
    const record = {
      subject: `ticket.${id}`,
      data: new Uint8Array(),
      expectLastSubject: 0,
      ttlSeconds: REMEMBERED_SECONDS,
    };
    try {
      await this.bus.publisher.publish(record);
      return true;
    } catch (error) {
      if (error instanceof WrongExpectedSequenceError) return false;
      throw error;
    }
  }
}
