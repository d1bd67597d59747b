import type { DeliveredEvent } from '../../proto/event/event.js';
import type { ServerFrame, SubscribedFrame, SubscribeFrame } from '../../proto/frames/frames.js';
import { type ClientError, ProtocolError } from '../errors.js';
import { errorOfEnded, errorOfErrorFrame } from '../session/close-error.js';
import { openSession, type Session, type SessionOptions } from '../session/session.js';
import { ChannelSequence } from './channel-sequence.js';
import { recordReader } from './delivered-record.js';

/** What a subscription says on one connection, in order; `ended` comes last and once. */
export interface FollowedSubscriptionListener {
  subscribed(frame: SubscribedFrame): void;
  /** May throw ProtocolError. */
  events(events: DeliveredEvent[], through: number): void;
  acked(position: number): void;
  caughtUp(position: number): void;
  ended(error: ClientError): void;
}

const REF = 'subscription';

/** One subscription for as long as one connection lasts. */
export class FollowedSubscription {
  #session: Session | undefined;
  #sequence: ChannelSequence | undefined;
  #channel = 0;
  #read: (event: DeliveredEvent) => DeliveredEvent = (event) => event;
  #isOver = false;
  /** Wanted by the application; goes out once this connection has been sent that far. */
  #ackWanted = 0;
  #ackSent = 0;
  #ackIsScheduled = false;
  readonly #rejects: { position: number; reason: string }[] = [];

  constructor(private readonly listener: FollowedSubscriptionListener) {}

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
    if (position <= this.#ackWanted) return;
    this.#ackWanted = position;
    this.#scheduleAck();
  }

  reject(position: number, reason: string): void {
    this.#rejects.push({ position, reason });
    this.#sendRejects();
  }

  /** Sends what is still to be acknowledged at once. */
  flush(): void {
    const position = Math.min(this.#ackWanted, this.#sequence?.through ?? 0);
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
        this.#begin(frame);
        break;
      case 'events':
        this.#take(frame);
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

  #begin(frame: SubscribedFrame): void {
    if (this.#sequence) throw new ProtocolError('subscribed came twice');
    this.#sequence = new ChannelSequence(frame);
    this.#channel = frame.channel;
    this.#read = recordReader(frame.items);
    this.listener.subscribed(frame);
  }

  #take(frame: ServerFrame & { kind: 'events' }): void {
    if (!this.#sequence) throw new ProtocolError('events came before subscribed');
    this.#sequence.accept(frame);
    this.listener.events(frame.events.map(this.#read), frame.through);
    this.#sendRejects();
    if (this.#ackWanted > this.#ackSent) this.#scheduleAck();
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
    if (this.#isOver) return;
    this.#isOver = true;
    this.listener.ended(error);
  }
}
