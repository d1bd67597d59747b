import type { WebSocket } from 'ws';
import type { FrameCodec } from '../../proto/frame-codec.js';
import type { ServerFrame } from '../../proto/frames.js';
import type { FrameSink } from '../stream/subscriber.js';

/** Below this the socket takes more: one frame can be built while what is left goes out. */
const LOW_WATER_BYTES = 256 * 1024;

export interface SocketSinkOptions {
  codec: FrameCodec;
  maxBufferedBytes: number;
  stuffedMs: number;
  /** The client does not read: called once, the sink takes nothing more. */
  stuffed: () => void;
}

/** Where the frames of one session go: in order, counted, and never more than a few MiB of them waiting. */
export class SocketSink implements FrameSink {
  readonly #waiting: (() => void)[] = [];
  #isOpen = true;
  #stuffedTimer: NodeJS.Timeout | undefined;

  constructor(
    private readonly socket: WebSocket,
    private readonly options: SocketSinkOptions,
  ) {}

  send(frame: string | Uint8Array): boolean {
    if (!this.#isOpen) return false;
    if (this.socket.bufferedAmount === 0) this.#stuffedTimer?.refresh();
    const bytes = typeof frame === 'string' ? sharedBytes(frame) : frame;
    this.socket.send(bytes, { binary: typeof frame !== 'string', compress: false }, this.#written);
    this.#stuffedTimer ??= setTimeout(this.#checkProgress, this.options.stuffedMs);
    if (this.socket.bufferedAmount > this.options.maxBufferedBytes) this.#giveUp();
    return this.#isOpen;
  }

  sendFrame(frame: ServerFrame): boolean {
    return this.send(this.options.codec.encode(frame));
  }

  bufferedBytes(): number {
    return this.socket.bufferedAmount;
  }

  whenDrained(fn: () => void): void {
    // Never at once: the caller may hold the lock that it wants to take again.
    if (!this.#isOpen || this.socket.bufferedAmount <= LOW_WATER_BYTES) setImmediate(fn);
    else this.#waiting.push(fn);
  }

  /** Takes nothing more and wakes all who wait. What was sent before still goes out. */
  close(): void {
    this.#isOpen = false;
    clearTimeout(this.#stuffedTimer);
    this.#wake();
  }

  readonly #written = (): void => {
    this.#stuffedTimer?.refresh();
    if (this.socket.bufferedAmount <= LOW_WATER_BYTES) this.#wake();
  };

  /** Comes `stuffedMs` after the last sign of progress. */
  readonly #checkProgress = (): void => {
    this.#stuffedTimer = undefined;
    if (this.socket.bufferedAmount > 0) this.#giveUp();
  };

  #giveUp(): void {
    if (!this.#isOpen) return;
    this.close();
    this.options.stuffed();
  }

  #wake(): void {
    if (this.#waiting.length > 0) for (const fn of this.#waiting.splice(0)) fn();
  }
}

let lastText = '';
let lastBytes: Buffer = Buffer.alloc(0);

/** A channel sends one text to all its sessions in a row: it is turned into bytes once, not once per session. */
function sharedBytes(text: string): Buffer {
  if (text !== lastText) {
    lastBytes = Buffer.from(text);
    lastText = text;
  }
  return lastBytes;
}
