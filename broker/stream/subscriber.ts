import type { Rows } from '../../proto/entry/rows.js';
import type { ErrorCode } from '../../proto/errors.js';
import type { DeliveredItem, From, ServerFrame, Subprotocol } from '../../proto/frames/frames.js';

/** What the engine needs of a session: a place to put frames, and to know when it does not drain. */
export interface FrameSink {
  /** False once the session is closed. */
  isOpen(): boolean;
  /**
   * The bytes of a whole WebSocket message in this session's encoding, which are shared and must not change; never blocks.
   * False once the session is closed.
   */
  send(message: Uint8Array): boolean;
  /** Encodes for this session and sends. */
  sendFrame(frame: ServerFrame): boolean;
  /** Bytes handed to the socket and not yet written. */
  bufferedBytes(): number;
  /** Calls once when the buffer is low again or the session closes. */
  whenDrained(fn: () => void): void;
}

/** Who asks, for what. The caller is a system; the engine checks that the grant is its own. */
export interface SubscribeRequest {
  system: string;
  session: string;
  ref: string;
  grant: string;
  cursor: string;
  from: From;
  credit: number;
  narrow: Rows | undefined;
  encoding: Subprotocol;
  sink: FrameSink;
  /** Called once when the engine ends the subscription; the `ended` frame has been sent already. */
  onEnded(code: ErrorCode): void;
}

/** One grant followed on one session. */
export interface Subscription {
  readonly channel: number;
  /** Throws ACK_BEYOND_SENT. A lower position than the cursor's is ignored. */
  ack(position: number): void;
  /** Onto the dead-letter list of the grant; counts as acknowledged once stored. */
  reject(position: number, reason: string): Promise<void>;
  /** Stops delivery; resolves when cursor and receipt are stored. */
  close(): Promise<void>;
}

/** What a grant delivers, for schema, proto and the `subscribed` frame. */
export interface DeliveredShape {
  entry: string;
  version: number;
  items: DeliveredItem[];
}
