import type { ClientError } from '../errors.js';
import type { ReconnectPolicy } from '../reconnect-policy.js';
import type { Connect } from '../session/transport.js';

export interface PublisherOptions {
  /** Address of the bus, e.g. `https://bus.example`; a path before /v1 is kept. */
  url: string;
  token?: string | undefined;
  /**
   * For a slow line: a quarter to a half of the bytes, for some CPU on both sides. Default off. The bus may leave it out, and a
   * browser cannot ask for it.
   */
  compression?: boolean | undefined;
  /** Upper bound of events sent and not answered. A larger window hides more latency and repeats more after a loss. */
  inFlightEvents?: number | undefined;
  inFlightBytes?: number | undefined;
  /** Upper bound of events without an answer; beyond it `publish` rejects with QueueFullError. */
  queueEvents?: number | undefined;
  /** Stops at once; events without an answer reject with ClientClosedError. */
  signal?: AbortSignal | undefined;
  reconnect?: ReconnectPolicy | undefined;
  onState?: ((state: PublisherState) => void) | undefined;
  connect?: Connect | undefined;
}

/** Reported to `onState`: the connection is open, or the publisher waits before a retry. */
export type PublisherState =
  | { kind: 'connected'; session: string }
  | { kind: 'waiting'; error: ClientError; retryInMs: number };

/** The position of the event in the log of its entry. `duplicate` is true when the bus had stored it before. */
export interface Published {
  position: number;
  duplicate: boolean;
}
