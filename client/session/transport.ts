import type { Subprotocol } from '../../proto/frames/frames.js';

/** Why a connection ended; `status` when the HTTP answer was not an upgrade. */
export interface Closing {
  code: number;
  reason: string;
  status?: number | undefined;
  error?: Error | undefined;
}

/** Called in order: `opened` at most once, then messages, then `closed` exactly once. */
export interface TransportHandlers {
  opened(): void;
  message(data: Uint8Array, isBinary: boolean): void;
  closed(closing: Closing): void;
}

export interface TransportTarget {
  /** `ws:` or `wss:` address of /v1/stream. */
  url: string;
  protocol: Subprotocol;
  token: string | undefined;
}

/** One WebSocket connection, whoever implements it. */
export interface Transport {
  send(message: string | Uint8Array): void;
  /** Starts the closing handshake. */
  close(code: number, reason: string): void;
  /** Ends the connection at once, for a peer that no longer answers. */
  terminate(): void;
}

export type Connect = (target: TransportTarget, handlers: TransportHandlers) => Transport;
