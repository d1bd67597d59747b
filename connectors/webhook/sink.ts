import type { DeliveredEvent } from '../../proto/event/event.js';
import type { From } from '../../proto/frames/frames.js';
import { PoisonEventError } from '../runtime/connector-errors.js';
import type { Sink, SinkBatch } from '../runtime/sink/sink.js';
import type { WebhookConfig } from './config.js';
import { DeliveredPositions } from './delivered-positions.js';
import { Receiver } from './receiver.js';

/** Calls a service for each event: the events of one record in order and one at a time, several records concurrently. */
export class WebhookSink implements Sink {
  readonly #receiver: Receiver;
  readonly #delivered = new DeliveredPositions();

  constructor(private readonly config: WebhookConfig) {
    this.#receiver = new Receiver(config);
  }

  async open(): Promise<From> {
    return 'cursor';
  }

  async shape(): Promise<void> {}

  async write({ events }: SinkBatch, signal: AbortSignal): Promise<void> {
    const waiting = events.filter(({ position }) => !this.#delivered.has(position));
    for (const group of groupsOf(waiting)) await this.#deliverGroup(group, signal);
    this.#delivered.acknowledged(events.at(-1)!.position);
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  async #deliverGroup(records: DeliveredEvent[][], signal: AbortSignal): Promise<void> {
    const poisons: PoisonEventError[] = [];
    const queue = [...records];
    let failure: unknown;
    const work = async (): Promise<void> => {
      for (let record = queue.shift(); record && failure === undefined; record = queue.shift()) {
        const poison = await this.#deliverRecord(record, signal);
        if (poison) poisons.push(poison);
      }
    };
    const workers = Array.from({ length: Math.min(this.config.parallel, records.length) }, () =>
      work().catch((error) => {
        failure ??= error;
      }),
    );
    await Promise.all(workers);
    if (failure !== undefined) throw failure;
    poisons.sort((a, b) => a.position - b.position);
    if (poisons[0]) throw poisons[0];
  }

  /** Ends at the first event that the receiver refuses: those behind it are passed again once it is a dead letter. */
  async #deliverRecord(events: DeliveredEvent[], signal: AbortSignal): Promise<PoisonEventError | undefined> {
    for (const event of events) {
      const reason = await this.#receiver.deliver(event, signal);
      if (reason !== undefined) return new PoisonEventError(event.position, reason);
      this.#delivered.add(event.position);
    }
    return undefined;
  }
}

/** Groups events by record, in order. The edges of a snapshot concern all records, so each is a group of its own. */
function groupsOf(events: readonly DeliveredEvent[]): DeliveredEvent[][][] {
  const groups: Map<string, DeliveredEvent[]>[] = [new Map()];
  for (const event of events) {
    if (event.subject === undefined) {
      groups.push(new Map([['', [event]]]), new Map());
      continue;
    }
    const group = groups.at(-1)!;
    const record = group.get(event.subject);
    if (record) record.push(event);
    else group.set(event.subject, [event]);
  }
  return groups.map((group) => [...group.values()]);
}
