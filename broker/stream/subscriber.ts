import type { Rows } from '../../proto/entry/rows.js';
import type { ErrorCode } from '../../proto/errors.js';
import type { From, ServerFrame, Subprotocol } from '../../proto/frames/frames.js';

/** A session as delivery sees it: takes frames, and says when its socket does not drain. */
export interface FrameSink {
  /** Address of the client. */
  readonly address?: string | undefined;
  /** False once the session is closed. */
  isOpen(): boolean;
  /**
   * The bytes of a whole WebSocket message in this session's encoding, which are shared and must not change; never blocks.
   * False once the session is closed.
   */
  send(message: Uint8Array): boolean;
  /** The same, written with whatever else is sent until `writeHeld` is called, which has to follow soon. */
  hold(message: Uint8Array): void;
  writeHeld(): void;
  /** Encodes the frame for this session and sends it. */
  sendFrame(frame: ServerFrame): boolean;
  /** The same for a frame that may share the write of the next one: it waits `msMax` at the longest, by default 100 ms. */
  sendSoon(frame: ServerFrame, msMax?: number): void;
  /** Bytes that are not written yet. */
  bufferedBytes(): number;
  /** Calls `fn` once, when the buffer has drained to its low-water mark or the session has closed. */
  whenDrained(fn: () => void): void;
  /**
   * Calls `fn` once, when everything that was sent so far has left the process, or the session has closed. A client that has
   * not taken it after `msMax` is disconnected.
   */
  whenWritten(fn: () => void, msMax: number): void;
}

/** A request of a session to follow a grant. `system` is authenticated; whether the grant is its own is checked on opening. */
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
  /** True for the number of a channel that the session had before: the new subscription gets another one. */
  isRetired(channel: number): boolean;
  /** Called once when the broker ends the subscription, after the `ended` frame was sent. */
  onEnded: (code: ErrorCode) => void;
}

/** One grant followed on one session, as the session sees it. */
export interface Subscription {
  readonly channel: number;
  /** Throws ACK_BEYOND_SENT. A lower position than the cursor's is ignored. */
  ack(position: number): void;
  /** Puts the event onto the dead-letter list of the grant; it counts as acknowledged once that is stored. */
  reject(position: number, reason: string): Promise<void>;
  /** Stops delivery; resolves when cursor and receipt are stored. */
  close(): Promise<void>;
}
