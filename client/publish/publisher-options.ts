import type { ClientError } from '../errors.js';
import type { ReconnectPolicy } from '../reconnect-policy.js';
import type { Connect } from '../session/transport.js';

export interface PublisherOptions {
  /** Address of the bus, e.g. `https://bus.example`; a path before /v1 is kept. */
  url: string;
  token?: string | undefined;
  /** Events sent and not yet answered. More hides more latency, and is more to send again after a loss. */
  inFlightEvents?: number | undefined;
  inFlightBytes?: number | undefined;
  /** Events that may wait here for their answer; beyond it `publish` rejects with QueueFullError. */
  queueEvents?: number | undefined;
  /** Stops at once; what has no answer rejects with ClientClosedError. */
  signal?: AbortSignal | undefined;
  reconnect?: ReconnectPolicy | undefined;
  onState?: ((state: PublisherState) => void) | undefined;
  connect?: Connect | undefined;
}

/** What a user may want to see: that it is connected, or what it waits out and for how long. */
export type PublisherState =
  | { kind: 'connected'; session: string }
  | { kind: 'waiting'; error: ClientError; retryInMs: number };

/** Where the event stands in the log of its entry; `duplicate` when the bus had it already. */
export interface Published {
  position: number;
  duplicate: boolean;
}
