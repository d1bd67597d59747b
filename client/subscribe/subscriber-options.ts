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
  /** Name of the durable position that the bus keeps; default `default`. */
  cursor?: string | undefined;
  /** Where to start; default `cursor`. Pass `{after, log}` when the application stores its position itself. */
  from?: From | undefined;
  narrow?: Rows | undefined;
  /** Upper bound of events in flight, sent and not acknowledged, and of events buffered here. */
  credit?: number | undefined;
  encoding?: Subprotocol | undefined;
  /**
   * For a slow line: a quarter to a half of the bytes, for some CPU on both sides. Default off. The bus may leave it out, and a
   * browser cannot ask for it.
   */
  compression?: boolean | undefined;
  /**
   * `auto` (default): requesting the next event acknowledges the one before. `explicit`: the application calls `ack`. `never`:
   * nothing is acknowledged, so no cursor moves, and delivery stops when the credit is used up. It suits inspection only.
   */
  acknowledge?: 'auto' | 'explicit' | 'never' | undefined;
  /** Stops the iteration without an error. */
  signal?: AbortSignal | undefined;
  reconnect?: ReconnectPolicy | undefined;
  onState?: ((state: SubscriberState) => void) | undefined;
  /**
   * Called for each frame of events received live, with the seconds since the bus accepted the newest of them, by the clock of
   * this machine.
   */
  onReceived?: ((secondsSinceAccepted: number) => void) | undefined;
  connect?: Connect | undefined;
}

/** Reported to `onState` for logs, metrics and a user interface. */
export type SubscriberState =
  | { kind: 'connecting'; attempt: number }
  | { kind: 'subscribed'; frame: SubscribedFrame }
  | { kind: 'caught_up'; position: number }
  | { kind: 'acked'; position: number }
  | { kind: 'disconnected'; error: ClientError; retryInMs: number };

/** One event and the means to acknowledge or reject it. Acknowledging it acknowledges everything before it. */
export interface Delivery {
  event: DeliveredEvent;
  ack(): void;
  /** Moves the event to the dead letters of the grant; it counts as acknowledged. */
  reject(reason: string): void;
}

/** One or more events in order. Acknowledging the batch acknowledges everything before it too. */
export interface DeliveryBatch {
  events: DeliveredEvent[];
  /** Position of the last event, and the epoch of its log: store both with the data. */
  position: number;
  log: string;
  ack(): void;
}
