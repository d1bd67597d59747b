import type { DeliveredEvent, RecordData } from '../../../proto/event/event.js';
import type {
  ClientFrame,
  EndedFrame,
  ServerFrame,
  Subprotocol,
  SubscribedFrame,
} from '../../../proto/frames/frames.js';
import { Condition } from '../condition.js';
import { RawRecord } from './raw-record.js';

/** A position that the broker announced, with the number of events received before. */
export interface Progress {
  kind: 'through' | 'caught_up';
  position: number;
  eventsBefore: number;
}

/** Size limit of an `events` frame in the protocol. */
const EVENTS_FRAME_BYTES_MAX = 1024 * 1024;
/** A delivery takes far less, so a test that waits this long fails. */
export const DELIVERY_MS = 20_000;

/** A grant followed on one session, with everything received for it in order. */
export class RawSubscription {
  readonly events: DeliveredEvent[] = [];
  readonly progress: Progress[] = [];
  /** Positions of `acked` frames. */
  readonly acked: number[] = [];
  readonly sentAcks: number[] = [];
  /** Violations of the protocol by the broker. */
  readonly breaches: string[] = [];
  ended: EndedFrame | undefined;
  isLost = false;
  /** Called for each frame of this subscription after it was processed. */
  onFrame: ((frame: ServerFrame) => void) | undefined;
  /** Called once when the session is closed or cut. */
  onLost: (() => void) | undefined;
  readonly #record: RawRecord | undefined;
  readonly #condition = new Condition();
  readonly #send: (frame: ClientFrame) => void;
  #firstUnacknowledged = 0;

  constructor(
    readonly subscribed: SubscribedFrame,
    encoding: Subprotocol,
    readonly credit: number,
    send: (frame: ClientFrame) => void,
  ) {
    this.#send = send;
    if (encoding === 'sluice.v1.protobuf') this.#record = new RawRecord(subscribed.items);
  }

  get channel(): number {
    return this.subscribed.channel;
  }

  /** Events received and not acknowledged; never more than the broker counts. */
  get outstanding(): number {
    return this.events.length - this.#firstUnacknowledged;
  }

  get isCaughtUp(): boolean {
    return this.progress.some(({ kind }) => kind === 'caught_up');
  }

  ack(position: number): void {
    this.sentAcks.push(position);
    while ((this.events[this.#firstUnacknowledged]?.position ?? Number.POSITIVE_INFINITY) <= position) {
      this.#firstUnacknowledged++;
    }
    this.#send({ kind: 'ack', channel: this.channel, position });
  }

  reject(position: number, reason: string): void {
    this.#send({ kind: 'reject', channel: this.channel, position, reason });
  }

  unsubscribe(): void {
    this.#send({ kind: 'unsubscribe', channel: this.channel });
  }

  until(holds: () => boolean, what: string | (() => string), timeoutMs = DELIVERY_MS): Promise<void> {
    const describe = (): string => `${typeof what === 'string' ? what : what()} on grant ${this.subscribed.grant}`;
    return this.#condition.until(holds, describe, timeoutMs);
  }

  /** The first `count` events. */
  async collect(count: number): Promise<DeliveredEvent[]> {
    await this.until(
      () => this.events.length >= count,
      () => `event ${this.events.length + 1} of ${count}`,
    );
    return this.events.slice(0, count);
  }

  received(frame: ServerFrame, messageBytes: number): void {
    if (this.ended) this.breaches.push(`${frame.kind} after ended`);
    if (frame.kind === 'events' && messageBytes > EVENTS_FRAME_BYTES_MAX)
      this.breaches.push('an events frame is too long');
    if (frame.kind === 'events') this.#receivedEvents(frame.events, frame.through);
    else if (frame.kind === 'caught_up') this.#announce('caught_up', frame.position);
    else if (frame.kind === 'acked') this.acked.push(frame.position);
    else if (frame.kind === 'ended') this.ended = frame;
    this.onFrame?.(frame);
    this.#condition.changed();
  }

  lost(): void {
    this.isLost = true;
    this.onLost?.();
    this.#condition.changed();
  }

  #receivedEvents(events: DeliveredEvent[], through: number): void {
    for (const event of events) this.events.push(this.#record ? withRecord(event, this.#record) : event);
    if (this.outstanding > this.credit) this.breaches.push(`${this.outstanding} events on a credit of ${this.credit}`);
    this.#announce('through', through);
  }

  #announce(kind: Progress['kind'], position: number): void {
    this.progress.push({ kind, position, eventsBefore: this.events.length });
  }
}

/** With the protobuf encoding the record arrives as bytes. */
function withRecord(event: DeliveredEvent, record: RawRecord): DeliveredEvent {
  return event.data === undefined
    ? event
    : { ...event, data: record.decode(event.data as unknown as Uint8Array) satisfies RecordData };
}
