import type { Subprotocol } from '../../proto/frames/frames.js';

/** How a connection ended. `status` is set when the HTTP response was not an upgrade. */
export interface Closing {
  code: number;
  reason: string;
  status?: number | undefined;
  error?: Error | undefined;
}

/** `message` is called for each message, then `closed` exactly once. */
export interface TransportHandlers {
  message(data: Uint8Array, isBinary: boolean): void;
  closed(closing: Closing): void;
}

export interface TransportTarget {
  /** `ws:` or `wss:` address of /v1/stream. */
  url: string;
  protocol: Subprotocol;
  token: string | undefined;
  /** Asks the bus for compressed events. In Node only: a browser cannot say that each message is to be compressed by itself. */
  compression: boolean;
}

/** One WebSocket connection, of Node or of a browser. */
export interface Transport {
  send(message: string | Uint8Array): void;
  /** Sends UTF-8 as a text message. */
  sendText(utf8: Uint8Array): void;
  /** Starts the closing handshake. */
  close(code: number, reason: string): void;
  /** Ends the connection at once, for a peer that no longer answers. */
  terminate(): void;
}

export type Connect = (target: TransportTarget, handlers: TransportHandlers) => Transport;
