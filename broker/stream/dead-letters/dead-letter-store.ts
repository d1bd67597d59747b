import { SluiceError } from '../../../proto/errors.js';
import { deadLetterSubject } from '../../../proto/subject.js';
import type { Bus } from '../../nats/bus.js';
import { lastOf } from '../../nats/read/leader-get.js';
import { pagesOf } from '../../nats/read/log-reader.js';
import type { StoredMessage } from '../../nats/stored-message.js';
import { CURSORS_STREAM } from '../../nats/streams.js';

/** An event that a subscriber could not process. The event itself stays in the log; this says where it is and why. */
export interface DeadLetter {
  position: number;
  /** Epoch of the log that the position belongs to. */
  log: string;
  cursor: string;
  reason: string;
  rejectedAt: string;
  /** `gone` is never stored: it marks open letters whose event was lost in a truncation. */
  status: 'open' | 'redriven' | 'dropped' | 'gone';
}

/** A letter with its place in the list: the `after` of what follows it. */
export interface ListedLetter extends DeadLetter {
  sequence: number;
}

/** Letters that are listed at one time: with the longest reasons some megabytes. */
const PAGE_LETTERS_MAX = 1_000;
/** Read from the store at one time; letters that were redriven or dropped stay there. */
const READ_BYTES_MAX = 1024 * 1024;

/** The stored dead letters of all grants. The store never deletes: the newest record of a position holds its state. */
export class DeadLetterStore {
  constructor(private readonly bus: Bus) {}

  async add(grant: string, letter: Pick<DeadLetter, 'position' | 'log' | 'cursor' | 'reason'>): Promise<void> {
    await this.#write(grant, { ...letter, rejectedAt: new Date().toISOString(), status: 'open' });
  }

  /** The next open ones after a sequence, in the order of rejection. Only the last page has fewer than `PAGE_LETTERS_MAX`. */
  async list(grant: string, after: number): Promise<ListedLetter[]> {
    const open: ListedLetter[] = [];
    const query = { stream: CURSORS_STREAM, subject: `deadletter.${grant}.*`, after, limit: PAGE_LETTERS_MAX };
    for await (const page of pagesOf(this.bus, { ...query, maxBytes: READ_BYTES_MAX })) {
      for (const message of page) {
        const letter = decode(message);
        if (letter.status === 'open') open.push({ ...letter, sequence: message.position });
        if (open.length === PAGE_LETTERS_MAX) return open;
      }
    }
    return open;
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

  async markRedriven(grant: string, letter: DeadLetter): Promise<void> {
    await this.#write(grant, { ...letter, status: 'redriven' });
  }

  /** Undoes `markRedriven` for an event that was not handed out. */
  async markOpen(grant: string, letter: DeadLetter): Promise<void> {
    await this.#write(grant, { ...letter, status: 'open' });
  }

  async markDropped(grant: string, letter: DeadLetter): Promise<void> {
    await this.#write(grant, { ...letter, status: 'dropped' });
  }

  async #write(grant: string, letter: DeadLetter): Promise<void> {
    const data = Buffer.from(JSON.stringify(letter));
    await this.bus.publisher.publish({ subject: deadLetterSubject(grant, letter.position), data });
  }
}

function decode(message: StoredMessage): DeadLetter {
  return JSON.parse(Buffer.from(message.data).toString()) as DeadLetter;
}
