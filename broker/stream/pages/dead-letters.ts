import { SluiceError } from '../../../proto/errors.js';
import { deadLetterSubject } from '../../../proto/subject.js';
import type { Bus } from '../../nats/bus.js';
import { lastOf, lastPerSubject } from '../../nats/read/log-reader.js';
import type { StoredMessage } from '../../nats/stored-message.js';
import { CURSORS_STREAM } from '../../nats/streams.js';

/** An event that a subscriber could not use. The event itself stays in the log; this says where and why. */
export interface DeadLetter {
  position: number;
  /** The life of the log that the position is of. */
  log: string;
  cursor: string;
  reason: string;
  rejectedAt: string;
  status: 'open' | 'redriven';
}

/** Per grant: what its subscriber has rejected. */
export class DeadLetters {
  constructor(private readonly bus: Bus) {}

  async add(grant: string, letter: Pick<DeadLetter, 'position' | 'log' | 'cursor' | 'reason'>): Promise<void> {
    await this.#write(grant, { ...letter, rejectedAt: new Date().toISOString(), status: 'open' });
  }

  /** Open ones, in the order of rejection. */
  async list(grant: string): Promise<DeadLetter[]> {
    const messages = await lastPerSubject(this.bus, CURSORS_STREAM, `deadletter.${grant}.*`);
    return messages.map(decode).filter((letter) => letter.status === 'open');
  }

  /** Throws NOT_FOUND when the position is not on the list. */
  async find(grant: string, position: number): Promise<DeadLetter> {
    const message = await lastOf(this.bus, CURSORS_STREAM, deadLetterSubject(grant, position));
    const letter = message && decode(message);
    if (letter?.status !== 'open') {
      throw new SluiceError('NOT_FOUND', `position ${position} is not on the dead-letter list of grant ${grant}`, {
        grant,
      });
    }
    return letter;
  }

  /** The store never deletes: the newest record says that the letter is off the list. */
  async takeOff(grant: string, letter: DeadLetter): Promise<void> {
    await this.#write(grant, { ...letter, status: 'redriven' });
  }

  async #write(grant: string, letter: DeadLetter): Promise<void> {
    const data = Buffer.from(JSON.stringify(letter));
    await this.bus.publisher.publish({ subject: deadLetterSubject(grant, letter.position), data });
  }
}

function decode(message: StoredMessage): DeadLetter {
  return JSON.parse(Buffer.from(message.data).toString()) as DeadLetter;
}
