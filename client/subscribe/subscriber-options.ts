import type { Rows } from '../../proto/entry/rows.js';
import type { DeliveredEvent } from '../../proto/event/event.js';
import type { From, Subprotocol, SubscribedFrame } from '../../proto/frames/frames.js';
import type { ClientError } from '../errors.js';
import type { ReconnectPolicy } from '../reconnect-policy.js';
import type { Connect } from '../session/transport.js';

export interface SubscriberOptions {
  /** Address of the bus, e.g. `https://bus.example`; a path before /v1 is kept. */
  url: string;
  token?: string | undefined;
  grant: string;
  /** Name of the durable position at the bus; default `default`. */
  cursor?: string | undefined;
  /** Where to start. Give `{after, log}` when you keep the position yourself; default `cursor`. */
  from?: From | undefined;
  narrow?: Rows | undefined;
  /** Events that may be under way and not yet acknowledged; also the most that is buffered here. */
  credit?: number | undefined;
  encoding?: Subprotocol | undefined;
  /**
   * `auto` (default): asking for the next event acknowledges the one before. `explicit`: you call `ack`. `never`: nothing is
   * acknowledged, so no cursor moves and the events end when the credit is used up: for a look, not for work.
   */
  acknowledge?: 'auto' | 'explicit' | 'never' | undefined;
  /** Stops the iteration without an error. */
  signal?: AbortSignal | undefined;
  reconnect?: ReconnectPolicy | undefined;
  onState?: ((state: SubscriberState) => void) | undefined;
  connect?: Connect | undefined;
}

/** What a user may want to see of a subscriber's life. */
export type SubscriberState =
  | { kind: 'connecting'; attempt: number }
  | { kind: 'subscribed'; frame: SubscribedFrame }
  | { kind: 'caught_up'; position: number }
  | { kind: 'acked'; position: number }
  | { kind: 'disconnected'; error: ClientError; retryInMs: number };

/** One event with what can be said about it. Acknowledging it acknowledges everything before it. */
export interface Delivery {
  event: DeliveredEvent;
  ack(): void;
  /** Puts it on the grant's dead-letter list; counts as acknowledged. */
  reject(reason: string): void;
}

/** Events in order, at least one. Acknowledging the batch acknowledges everything before it too. */
export interface DeliveryBatch {
  events: DeliveredEvent[];
  /** Position of the last event, and the life of the log that it belongs to: keep both beside what you store. */
  position: number;
  log: string;
  ack(): void;
}
