import { connect, createInbox, type NatsConnection } from '@nats-io/transport-node';
import { type BenchEvent, storedBytes } from '../../documents/bench-entry.js';
import { AnsweredEvents } from '../answered-events.js';
import type { EventPublisher } from '../event-publisher.js';

/** Publishes the bytes that the bus would store to one subject of a nats-server. */
export class NatsPublisher extends AnsweredEvents implements EventPublisher {
  readonly isReady = true;

  private constructor(
    private readonly nc: NatsConnection,
    private readonly subject: string,
    /** Reply subject when a stream acknowledges; undefined for plain messages, which nobody answers. */
    private readonly inbox: string | undefined,
  ) {
    super();
    if (inbox) nc.subscribe(inbox, { callback: (_, message) => this.#onAck(message.string()) });
  }

  static async open(target: { url: string; subject: string; stored: boolean }): Promise<NatsPublisher> {
    const nc = await connect({ servers: target.url });
    return new NatsPublisher(nc, target.subject, target.stored ? createInbox() : undefined);
  }

  publish(events: BenchEvent[]): void {
    this.sent(events.length);
    const options = this.inbox === undefined ? {} : { reply: this.inbox };
    for (const event of events) this.nc.publish(this.subject, storedBytes(event), options);
    if (this.inbox === undefined) this.answered(events.length);
  }

  async close(): Promise<void> {
    await this.nc.close();
  }

  #onAck(text: string): void {
    this.answered(1, text.includes('"error"') ? [text] : []);
  }
}
