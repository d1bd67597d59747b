import { webhookSubject } from '../../../proto/subject.js';
import type { Bus } from '../../nats/bus.js';
import { lastOf } from '../../nats/read/leader-get.js';
import { CURSORS_STREAM } from '../../nats/streams.js';
import { NoticeQueue, type StoredQueue } from './notice-queue.js';

/** Queues of webhooks in the store, each written on the record that was read, so that a former sender changes nothing. */
export class QueueStore {
  readonly #revisions = new Map<string, number>();

  constructor(private readonly bus: Bus) {}

  /** The queue of a party as it was left; one that begins behind `after` where there is none. */
  async load(party: string, after: string): Promise<NoticeQueue> {
    const message = await lastOf(this.bus, CURSORS_STREAM, webhookSubject(party));
    this.#revisions.set(party, message?.position ?? 0);
    if (!message) return new NoticeQueue({ after, waiting: [] });
    return new NoticeQueue(JSON.parse(Buffer.from(message.data).toString()) as StoredQueue);
  }

  /** Throws WrongExpectedSequenceError when another broker has written it meanwhile. */
  async save(party: string, queue: NoticeQueue): Promise<void> {
    if (!queue.isDirty) return;
    queue.isDirty = false;
    try {
      const { position } = await this.bus.publisher.publish({
        subject: webhookSubject(party),
        data: Buffer.from(JSON.stringify(queue.toStored())),
        expectLastSubject: this.#revisions.get(party) ?? 0,
      });
      this.#revisions.set(party, position);
    } catch (error) {
      queue.isDirty = true;
      throw error;
    }
  }
}
