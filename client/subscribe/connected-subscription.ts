import type { DeliveredEvent } from '../../proto/event/event.js';
import type { ServerFrame, SubscribedFrame, SubscribeFrame } from '../../proto/frames/frames.js';
import { type ClientError, ProtocolError } from '../errors.js';
import { errorOfEnded, errorOfErrorFrame } from '../session/close-error.js';
import { openSession, type Session, type SessionOptions } from '../session/session.js';
import { ChannelSequence } from './channel-sequence.js';
import { recordDecoder } from './delivered-record.js';

/** What a subscription says on one connection, in order; `ended` comes last and once. */
export interface SubscriptionListener {
  subscribed(frame: SubscribedFrame): void;
  /** May throw ProtocolError. */
  events(events: DeliveredEvent[], through: number): void;
  acked(position: number): void;
  caughtUp(position: number): void;
  ended(error: ClientError): void;
}

const REF = 'subscription';

/** One subscription for as long as one connection lasts. */
export class ConnectedSubscription {
  #session: Session | undefined;
  #sequence: ChannelSequence | undefined;
  #channel = 0;
  #decode: (event: DeliveredEvent) => DeliveredEvent = (event) => event;
  #hasEnded = false;
  /** Wanted by the application; goes out once this connection has been sent that far. */
  #ackRequested = 0;
  #ackSent = 0;
  #ackIsScheduled = false;
  readonly #rejects: { position: number; reason: string }[] = [];

  constructor(private readonly listener: SubscriptionListener) {}

  /** Connects and subscribes; whatever goes wrong comes by `ended`. */
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

  /** Cumulative. Several calls in one turn of the event loop become one frame. */
  ack(position: number): void {
    if (position <= this.#ackRequested) return;
    this.#ackRequested = position;
    this.#scheduleAck();
  }

  reject(position: number, reason: string): void {
    this.#rejects.push({ position, reason });
    this.#sendRejects();
  }

  /** Sends what is still to be acknowledged at once. */
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
    if (this.#sequence) throw new ProtocolError('subscribed came twice');
    this.#sequence = new ChannelSequence(frame);
    this.#channel = frame.channel;
    this.#decode = recordDecoder(frame.items);
    this.listener.subscribed(frame);
  }

  #receiveEvents(frame: ServerFrame & { kind: 'events' }): void {
    if (!this.#sequence) throw new ProtocolError('events came before subscribed');
    this.#sequence.accept(frame);
    this.listener.events(frame.events.map(this.#decode), frame.through);
    this.#sendRejects();
    if (this.#ackRequested > this.#ackSent) this.#scheduleAck();
  }

  /** After a reconnect the bus must send an event again before it takes a rejection or acknowledgement of it. */
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
