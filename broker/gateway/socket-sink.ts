import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import type { FrameCodec } from '../../proto/frames/frame-codec.js';
import type { ServerFrame, Subprotocol } from '../../proto/frames/frames.js';
import { socketMessage } from '../../proto/frames/socket-message.js';
import type { FrameSink } from '../stream/subscriber.js';

/** How long a frame for which nobody waits is held for another one to share a write with. */
const HELD_MS_MAX = 100;
/** Up to so many bytes copying frames into one buffer costs less than a write of several. */
const COPIED_BYTES_MAX = 16 * 1024;
/** A WebSocket ping without payload (RFC 6455, section 5.5.2). */
const PING = Buffer.from([0x89, 0]);
/** Low-water mark: what a session may hold unwritten while memory is scarce. */
const LOW_WATER_BYTES = 64 * 1024;

/** Answers that a client has not taken; with more, nothing more is read of what it asks. */
const ANSWER_BYTES_MAX = 32 * 1024;

const NOTHING = new Uint8Array(0);

export interface SocketSinkOptions {
  codec: FrameCodec;
  maxBufferedBytes: number;
  stalledMs: number;
  /** Compresses events for a session that negotiated it. */
  deflated?: ((message: Uint8Array) => Uint8Array) | undefined;
  /** Slow consumer: too many bytes wait, or none drained for `stalledMs`. Called once; the sink takes nothing more. */
  onSlowConsumer: () => void;
}

/**
 * Sends the frames of one session, in order, and holds never more than `maxBufferedBytes` of them unwritten. Sending
 * through the WebSocket library would build and mask-check each frame per session; instead the bytes are made once for all
 * sessions of a channel and written to the TCP socket under the WebSocket. The library still writes pongs and the
 * close frame, each as one whole write, so the two never interleave inside a frame.
 *
 * A write is a system call, which on a quiet broker costs more than all that leads to it. So a frame that is in no hurry
 * shares the write of the next one, and has one of its own when it has been held for as long as it may be.
 */
export class SocketSink implements FrameSink {
  readonly #waiting: (() => void)[] = [];
  #isOpen = true;
  #stalledTimer: NodeJS.Timeout | undefined;
  #writtenAtCheck = 0;
  /** The first frame that waits for the next write, which it goes before. Nearly always it is alone: a list would be garbage of each delivery. */
  #held: Uint8Array | undefined;
  /** Those that wait behind it. */
  #heldNext: Uint8Array[] = [];
  #heldBytes = 0;
  #heldTimer: NodeJS.Timeout | undefined;
  #heldUntilMs = 0;
  /** Bytes of answers since the client had taken all of them, and the place of the last one among everything written. */
  #answerBytes = 0;
  #answeredAt = 0;

  constructor(
    private readonly webSocket: WebSocket,
    private readonly socket: Socket,
    private readonly options: SocketSinkOptions,
  ) {
    socket.on('drain', this.#onDrain);
  }

  send(message: Uint8Array): boolean {
    return this.#sendBytes(this.#onWire(message));
  }

  hold(message: Uint8Array): void {
    if (this.isOpen()) this.#hold(this.#onWire(message));
  }

  writeHeld(): void {
    if (this.#held && this.isOpen()) this.#writeHeld();
  }

  get address(): string | undefined {
    return this.socket.remoteAddress;
  }

  sendFrame(frame: ServerFrame): boolean {
    const message = socketMessage(this.options.codec.encode(frame));
    if (this.#writtenBytes >= this.#answeredAt) this.#answerBytes = 0;
    const isTaken = this.#sendBytes(message);
    this.#answerBytes += message.length;
    this.#answeredAt = this.socket.bytesWritten;
    return isTaken;
  }

  /** Undefined while the client takes its answers; else resolves when it has taken them, or the socket is closed. */
  untilAnswersTaken(): Promise<void> | undefined {
    if (this.#answerBytes <= ANSWER_BYTES_MAX || this.#writtenBytes >= this.#answeredAt) return undefined;
    if (this.socket.destroyed) return undefined;
    return new Promise((resolve) => {
      this.socket.write(NOTHING, () => resolve());
    });
  }

  sendSoon(frame: ServerFrame, msMax = HELD_MS_MAX): void {
    if (!this.isOpen()) return;
    this.#hold(socketMessage(this.options.codec.encode(frame)));
    const untilMs = performance.now() + msMax;
    if (this.#heldTimer && this.#heldUntilMs <= untilMs) return;
    clearTimeout(this.#heldTimer);
    this.#heldUntilMs = untilMs;
    this.#heldTimer = setTimeout(() => {
      this.#heldTimer = undefined;
      this.writeHeld();
    }, msMax);
  }

  /** A heartbeat frame, with a ping in the same write when the client is to answer. */
  sendHeartbeat(withPing: boolean): void {
    const { alone, pinging } = heartbeatOf(this.options.codec);
    this.#sendBytes(withPing ? pinging : alone);
  }

  isOpen(): boolean {
    return this.#isOpen && this.webSocket.readyState === this.webSocket.OPEN;
  }

  bufferedBytes(): number {
    return this.socket.writableLength + this.#heldBytes;
  }

  whenDrained(fn: () => void): void {
    // Never at once: the caller may hold the lock that it wants to take again.
    if (!this.#isOpen || this.socket.writableLength <= LOW_WATER_BYTES) setImmediate(fn);
    else this.#waiting.push(fn);
  }

  whenWritten(fn: () => void, msMax: number): void {
    this.writeHeld();
    if (this.socket.writableLength === 0 || this.socket.destroyed) {
      setImmediate(fn);
      return;
    }
    const timer = setTimeout(() => this.socket.destroy(), msMax);
    const written = (): void => {
      clearTimeout(timer);
      fn();
    };
    if (this.socket.writableEnded) this.socket.once('close', written);
    // Called when the socket is destroyed as well.
    else this.socket.write(NOTHING, written);
  }

  /** Takes nothing more and calls everybody that waits for it to drain. What was sent before still goes out. */
  close(): void {
    this.writeHeld();
    clearTimeout(this.#heldTimer);
    this.#isOpen = false;
    this.socket.off('drain', this.#onDrain);
    clearTimeout(this.#stalledTimer);
    this.#wake();
  }

  #sendBytes(message: Uint8Array): boolean {
    // Nothing may follow the close frame, whichever side sends it first.
    if (!this.isOpen()) return false;
    if (!this.#held) return this.#write(message);
    this.#hold(message);
    return this.#writeHeld();
  }

  #onWire(message: Uint8Array): Uint8Array {
    return this.options.deflated?.(message) ?? message;
  }

  #hold(message: Uint8Array): void {
    if (this.#held) this.#heldNext.push(message);
    else this.#held = message;
    this.#heldBytes += message.length;
  }

  /** One system call for all of them. */
  #writeHeld(): boolean {
    const first = this.#held as Uint8Array;
    const bytes = this.#heldBytes;
    this.#held = undefined;
    this.#heldBytes = 0;
    if (this.#heldNext.length === 0) return this.#write(first);
    const held = [first, ...this.#heldNext];
    this.#heldNext = [];
    if (bytes <= COPIED_BYTES_MAX) return this.#write(Buffer.concat(held, bytes));
    this.socket.cork();
    for (const message of held) this.#write(message);
    this.socket.uncork();
    return this.#isOpen;
  }

  #write(bytes: Uint8Array): boolean {
    if (!this.socket.write(bytes)) this.#watchProgress();
    if (this.socket.writableLength > this.options.maxBufferedBytes) this.#giveUp();
    return this.#isOpen;
  }

  readonly #onDrain = (): void => {
    clearTimeout(this.#stalledTimer);
    this.#stalledTimer = undefined;
    this.#wake();
  };

  /** Runs from the first write that had to wait until the buffer is empty. */
  #watchProgress(): void {
    if (this.#stalledTimer) return;
    this.#writtenAtCheck = this.#writtenBytes;
    this.#stalledTimer = setTimeout(() => this.#checkProgress(), this.options.stalledMs);
  }

  #checkProgress(): void {
    this.#stalledTimer = undefined;
    if (this.socket.writableLength === 0) return;
    if (this.#writtenBytes === this.#writtenAtCheck) this.#giveUp();
    else this.#watchProgress();
  }

  /** Bytes that the kernel has taken. */
  get #writtenBytes(): number {
    return this.socket.bytesWritten - this.socket.writableLength;
  }

  #giveUp(): void {
    if (!this.#isOpen) return;
    this.close();
    this.options.onSlowConsumer();
  }

  #wake(): void {
    if (this.#waiting.length > 0) for (const fn of this.#waiting.splice(0)) fn();
  }
}

interface HeartbeatBytes {
  alone: Uint8Array;
  pinging: Uint8Array;
}

const heartbeats = new Map<Subprotocol, HeartbeatBytes>();

/** A heartbeat frame, and the same with a ping: they are the same bytes for all sessions of an encoding. */
function heartbeatOf(codec: FrameCodec): HeartbeatBytes {
  let bytes = heartbeats.get(codec.protocol);
  if (!bytes) {
    const alone = socketMessage(codec.encode({ kind: 'heartbeat' }));
    bytes = { alone, pinging: Buffer.concat([alone, PING]) };
    heartbeats.set(codec.protocol, bytes);
  }
  return bytes;
}
