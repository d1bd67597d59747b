import type { DeliveredEvent } from '../../proto/event/event.js';
import type { ServerFrame, SubscribedFrame, SubscribeFrame } from '../../proto/frames/frames.js';
import { type ClientError, ProtocolError } from '../errors.js';
import { errorOfEnded, errorOfErrorFrame } from '../session/close-error.js';
import { openSession, type Session, type SessionOptions } from '../session/session.js';
import { ChannelSequence } from './channel-sequence.js';
import { recordDecoder } from './delivered-record.js';

/** Called in the order of the frames; `ended` is called once and last. */
export interface SubscriptionListener {
  subscribed(frame: SubscribedFrame): void;
  /** May throw ProtocolError. */
  events(events: DeliveredEvent[], through: number): void;
  acked(position: number): void;
  caughtUp(position: number): void;
  ended(error: ClientError): void;
}

const REF = 'subscription';

/**
 * A subscription during one connection. A `Subscriber` outlives its connections and acknowledges positions that the present
 * connection may not have sent yet; the bus refuses such an acknowledgement. So requests are kept here and sent when this
 * connection has delivered that far.
 *
 * Invariants: nothing beyond `through` of this connection is acknowledged or rejected; `ended` is called exactly once.
 */
export class ConnectedSubscription {
  #session: Session | undefined;
  #sequence: ChannelSequence | undefined;
  #channel = 0;
  #decode: (event: DeliveredEvent) => DeliveredEvent = (event) => event;
  #hasEnded = false;
  /** Requested by the application; sent once this connection has delivered that far. */
  #ackRequested = 0;
  #ackSent = 0;
  #ackIsScheduled = false;
  readonly #rejects: { position: number; reason: string }[] = [];

  constructor(private readonly listener: SubscriptionListener) {}

  /** Connects and subscribes. Every failure is reported by `ended`. */
  async start(options: SessionOptions, request: Omit<SubscribeFrame, 'kind' | 'ref'>, signal: AbortSignal) {
    try {
      const handlers = {
        frame: (frame: ServerFrame) => this.#receive(frame),
        closed: (error: ClientError) => this.#end(error),
      };
      this.#session = await openSession(options, handlers, signal);
      this.#session.send({ kind: 'subscribe', ref: REF, ...request });
    } catch (error) {
      this.#end(error as ClientError);
    }
  }

  /** Cumulative. The calls of one turn of the event loop become one frame. */
  ack(position: number): void {
    if (position <= this.#ackRequested) return;
    this.#ackRequested = position;
    this.#scheduleAck();
  }

  reject(position: number, reason: string): void {
    this.#rejects.push({ position, reason });
    this.#sendRejects();
  }

  /** Sends the pending acknowledgement now. */
  flush(): void {
    const position = Math.min(this.#ackRequested, this.#sequence?.through ?? 0);
    if (position <= this.#ackSent) return;
    this.#ackSent = position;
    this.#session?.send({ kind: 'ack', channel: this.#channel, position });
  }

  close(): void {
    this.flush();
    this.#session?.close();
  }

  #receive(frame: ServerFrame): void {
    switch (frame.kind) {
      case 'subscribed':
        this.#subscribed(frame);
        break;
      case 'events':
        this.#receiveEvents(frame);
        break;
      case 'acked':
        this.listener.acked(frame.position);
        break;
      case 'caught_up':
        this.listener.caughtUp(frame.position);
        break;
      case 'ended':
        this.#endWith(errorOfEnded(frame));
        break;
      case 'error':
        this.#endWith(errorOfErrorFrame(frame));
        break;
    }
  }

  #subscribed(frame: SubscribedFrame): void {
    if (this.#sequence) throw new ProtocolError('the bus sent subscribed twice');
    this.#sequence = new ChannelSequence(frame);
    this.#channel = frame.channel;
    this.#decode = recordDecoder(frame.items);
    this.listener.subscribed(frame);
  }

  #receiveEvents(frame: ServerFrame & { kind: 'events' }): void {
    if (!this.#sequence) throw new ProtocolError('the bus sent events before subscribed');
    this.#sequence.accept(frame);
    this.listener.events(frame.events.map(this.#decode), frame.through);
    this.#sendRejects();
    if (this.#ackRequested > this.#ackSent) this.#scheduleAck();
  }

  /** After a reconnect the bus accepts no rejection of an event before it has sent it again. */
  #sendRejects(): void {
    const through = this.#sequence?.through ?? 0;
    while (this.#rejects[0] && this.#rejects[0].position <= through) {
      const { position, reason } = this.#rejects.shift()!;
      this.#session?.send({ kind: 'reject', channel: this.#channel, position, reason });
    }
  }

  #scheduleAck(): void {
    if (this.#ackIsScheduled) return;
    this.#ackIsScheduled = true;
    setTimeout(() => {
      this.#ackIsScheduled = false;
      this.flush();
    }, 0);
  }

  #endWith(error: ClientError): void {
    this.#end(error);
    this.#session?.close();
  }

  #end(error: ClientError): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.listener.ended(error);
  }
}
