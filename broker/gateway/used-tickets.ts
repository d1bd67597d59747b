import type { Bus } from '../nats/bus.js';
import { WrongExpectedSequenceError } from '../nats/store-errors.js';

/** Twice the life of a ticket: by then it has expired on every clock. */
const REMEMBERED_SECONDS = 60;

/** Remembers in the store which tickets were used, so that each opens one session in the whole cluster. */
export class UsedTickets {
  constructor(private readonly bus: Bus) {}

  /** False when it was used before. Throws when the store can't be asked. */
  async useOnce(id: string): Promise<boolean> {
    const mark = {
      subject: `ticket.${id}`,
      data: new Uint8Array(),
      expectLastSubject: 0,
      ttlSeconds: REMEMBERED_SECONDS,
    };
    try {
      await this.bus.publisher.publish(mark);
      return true;
    } catch (error) {
      if (error instanceof WrongExpectedSequenceError) return false;
      throw error;
    }
  }
}
