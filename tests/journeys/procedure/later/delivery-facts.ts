import { EventMemory } from '../../../../broker/event-log/event-memory.js';
import { LogEvent } from '../../../../broker/event-log/log-event.js';
import type { Bus } from '../../../../broker/nats/bus.js';
import { pagesOf } from '../../../../broker/nats/read/log-reader.js';
import { eventStream } from '../../../../broker/nats/streams.js';
import { receiptsOf } from '../../../../broker/receipts/receipt-reader.js';
import type { EntryVersion } from '../../../../proto/entry/entry.js';
import type { DeliverableEvent } from '../../../../proto/event/envelope.js';
import { entryFilter } from '../../../../proto/subject.js';

/** Facts of the log and of the receipts that guards of corrections ask for. */
export interface DeliveryFacts {
  eventAt(version: EntryVersion, position: number): Promise<DeliverableEvent | undefined>;
  /** Whether a receipt of the grant covers the position. */
  covers(grant: { id: string; party: string }, position: number): Promise<boolean>;
}

export const deliveryFacts = (bus: Bus): DeliveryFacts => ({
  eventAt: async ({ document: { id }, partition }, position) => {
    const [stream, subject] = [eventStream(partition), entryFilter(partition, id)];
    const query = { stream, subject, after: position - 1, through: position, limit: 1 };
    for await (const [message] of pagesOf(bus, query)) {
      return message?.position === position ? new LogEvent(message, id, new EventMemory()).event : undefined;
    }
    return undefined;
  },
  covers: async ({ id, party }, position) =>
    (await receiptsOf(bus, party, id)).some(
      ({ from, possiblyThrough }) => position > from && position <= possiblyThrough,
    ),
});
