import type { DeliveredEvent } from '../../proto/event/event.js';
import type { From } from '../../proto/frames/frames.js';
import { PeerGoneError, PoisonEventError } from '../runtime/connector-errors.js';
import type { Sink, SinkBatch } from '../runtime/sink/sink.js';
import type { WebhookConfig } from './config.js';
import { DeliveredPositions } from './delivered-positions.js';
import { Receiver } from './receiver.js';

interface Delivered {
  event: DeliveredEvent;
  log: string;
}

/** Result of the deliveries of one group. */
interface Outcome {
  accepted: number;
  refused: PoisonEventError[];
  /** Deliveries that found no receiver, since the last one that was accepted. */
  goneInRow: number;
  gone: { position: number; error: PeerGoneError; acceptedBefore: number }[];
}

/**
 * Calls a service for each event: the events of one record in order and one at a time, several records concurrently. A receiver that
 * is down and a receiver that one event brings down answer alike (502, 403 of a firewall, a broken connection). Waiting without
 * limit is right for the first and stops every other record for the second. So after such an answer other records are tried, and
 * then the event that was accepted last once more, which nothing behind an edge of a snapshot can stand in for: if the receiver
 * accepts one of them, the event is suspect, and after `attempts` of these it is a dead letter.
 *
 * Invariants: an event is sent only after the one before it of its record was accepted or is a dead letter; the edges of a snapshot
 * stand between all others; a receiver that accepts nothing gets at most `2 × parallel + 1` calls. See docs/decisions/0076.
 */
export class WebhookSink implements Sink {
  readonly #receiver: Receiver;
  readonly #delivered = new DeliveredPositions();
  /** Failed deliveries by position, each while the receiver accepted another event. */
  readonly #suspicions = new Map<number, number>();
  /** The receiver drops it as a repeat, so sending it again changes nothing there. */
  #lastAccepted: Delivered | undefined;

  constructor(private readonly config: WebhookConfig) {
    this.#receiver = new Receiver(config);
  }

  async open(): Promise<From> {
    return 'cursor';
  }

  async shape(): Promise<void> {}

  async write({ events, log }: SinkBatch, signal: AbortSignal): Promise<void> {
    this.#delivered.enter(log);
    const open = events.filter(({ position }) => !this.#delivered.has(position));
    for (const group of groupsOf(open)) await this.#deliverGroup(group, log, signal);
    const { position } = events.at(-1)!;
    this.#delivered.acknowledged(position);
    for (const one of this.#suspicions.keys()) if (one <= position) this.#suspicions.delete(one);
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  async #deliverGroup(records: DeliveredEvent[][], log: string, signal: AbortSignal): Promise<void> {
    const outcome: Outcome = { accepted: 0, refused: [], goneInRow: 0, gone: [] };
    const queue = [...records];
    const work = async (): Promise<void> => {
      for (let record = queue.shift(); record; record = queue.shift()) {
        await this.#deliverRecord(record, log, outcome, signal);
        if (signal.aborted || outcome.goneInRow > this.config.parallel) return;
      }
    };
    await Promise.all(Array.from({ length: Math.min(this.config.parallel, records.length) }, work));
    if (signal.aborted) throw new PeerGoneError('the connector was stopped');
    if (outcome.gone.some(({ acceptedBefore }) => acceptedBefore === outcome.accepted)) {
      outcome.accepted += await this.#repeatLastAccepted(signal);
    }
    this.#settle(records.flat(), outcome);
  }

  /** Resolves with 1 if the receiver accepts the repeat: then it is not down. */
  async #repeatLastAccepted(signal: AbortSignal): Promise<0 | 1> {
    if (!this.#lastAccepted) return 0;
    const { event, log } = this.#lastAccepted;
    try {
      return (await this.#receiver.deliver(event, log, signal)) === undefined ? 1 : 0;
    } catch (error) {
      if (error instanceof PeerGoneError) return 0;
      throw error;
    }
  }

  /** Ends at the first event that the receiver does not accept: those behind it are passed again. */
  async #deliverRecord(events: DeliveredEvent[], log: string, outcome: Outcome, signal: AbortSignal): Promise<void> {
    for (const event of events) {
      const { position } = event;
      const acceptedBefore = outcome.accepted;
      try {
        const reason = await this.#receiver.deliver(event, log, signal);
        outcome.goneInRow = 0;
        if (reason !== undefined) {
          outcome.refused.push(new PoisonEventError(position, reason));
          return;
        }
      } catch (error) {
        if (!(error instanceof PeerGoneError)) throw error;
        outcome.goneInRow++;
        outcome.gone.push({ position, error, acceptedBefore });
        return;
      }
      outcome.accepted++;
      this.#delivered.add(position);
      this.#lastAccepted = { event, log };
    }
  }

  /** Throws for the first event that is not delivered. A later one must wait, because rejecting it acknowledges all before it. */
  #settle(events: readonly DeliveredEvent[], { accepted, refused, gone }: Outcome): void {
    const suspects = gone
      .filter(({ acceptedBefore }) => accepted > acceptedBefore)
      .flatMap((one) => this.#suspect(one));
    const open = events.map(({ position }) => position).filter((position) => !this.#delivered.has(position));
    const first = Math.min(...open);
    const poison = [...refused, ...suspects].find(({ position }) => position === first);
    if (poison) throw poison;
    if (gone[0]) throw gone[0].error;
  }

  #suspect({ position, error }: Outcome['gone'][number]): PoisonEventError[] {
    const times = (this.#suspicions.get(position) ?? 0) + 1;
    this.#suspicions.set(position, times);
    if (times < this.config.attemptsMax) return [];
    return [new PoisonEventError(position, `${error.message} ${times} times, while it accepted other events`)];
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
