import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import { sharedTurn, type TurnShare } from '../../proto/async/shared-turns.js';
import { hasTurnTime, inTurnTime } from '../../proto/async/turn-queue.js';

/** Bytes whose frames are read at one time: a hundred acknowledgements, or a part of a publish frame. */
const PIECE_BYTES = 4 * 1024;

/** The reader of frames as the library has it on a session. */
interface Receiver {
  readonly writableEnded: boolean;
  write(chunk: Buffer): boolean;
  once(event: 'drain', listener: () => void): unknown;
  on(event: 'drain', listener: () => void): unknown;
  removeAllListeners(event: 'drain'): unknown;
}

interface PieceReading {
  /** Bytes have come; called before the library reports a frame that they complete. */
  received(bytes: number): void;
  /** Undefined while the next piece may be read; else resolves when it is worth asking again. */
  ready(): Promise<unknown> | undefined;
  /** No piece waits any more: the socket may be read again. */
  onIdle(): void;
  /** Share of the session's system in the turns of the event loop. */
  share: TurnShare;
}

/**
 * Reads the frames of a session as they are handled.
 *
 * A socket hands over 64 KiB at once, of which the library makes up to ten thousand frames before anybody can ask for a pause: with 500 sessions
 * that sent acknowledgements as fast as they could, a gigabyte a minute, turns of seconds, and answers that nobody took. Here the library gets
 * a small piece, and the next one when `ready` says that the frames of the one before are handled and their answers taken. What is
 * smaller than a piece, which is all that honest clients send beside events, is read at once.
 *
 * Invariant: bytes reach the library in order; the owner does not read the socket while `isWaiting`. Decision: docs/decisions/0252.
 */
export class FrameParserFeed {
  readonly #waiting: Buffer[] = [];
  readonly #receiver: Receiver;
  readonly #write: (piece: Buffer) => boolean;

  constructor(
    private readonly socket: WebSocket,
    private readonly tcp: Socket,
    private readonly pieces: PieceReading,
  ) {
    const receiver = receiverOf(socket);
    this.#receiver = receiver;
    this.#write = receiver.write.bind(receiver);
    // The library's own listener would read on although pieces wait.
    receiver.removeAllListeners('drain');
    receiver.on('drain', () => this.#readOn());
    receiver.write = (chunk) => this.#take(chunk);
    tcp.on('close', () => this.#waiting.splice(1));
  }

  isWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  #take(chunk: Buffer): boolean {
    const { ready, share } = this.pieces;
    this.pieces.received(chunk.length);
    if (!this.isWaiting() && chunk.length <= PIECE_BYTES && hasTurnTime() && !ready())
      return inTurnTime(() => this.#write(chunk), share);
    this.#waiting.push(chunk);
    if (this.#waiting.length === 1) void this.#drain();
    return false;
  }

  async #drain(): Promise<void> {
    const { ready, share } = this.pieces;
    for (let chunk = this.#waiting[0]; chunk; chunk = this.#waiting[0]) {
      for (let at = 0; at < chunk.length; at += PIECE_BYTES) {
        if (!hasTurnTime()) await sharedTurn(share);
        for (let wait = ready(); wait; wait = ready()) await wait;
        if (this.#receiver.writableEnded) return;
        const isTaken = this.#read(chunk.subarray(at, at + PIECE_BYTES));
        // Continuations of what the piece has brought run before the next one.
        await (isTaken || this.#receiver.writableEnded ? undefined : drained(this.#receiver));
      }
      this.#waiting.shift();
    }
    this.#readOn();
  }

  /** Pings, pongs and fragments are handled by the library: they never become frames that wait for their turn. */
  #read(piece: Buffer): boolean {
    return inTurnTime(() => this.#write(piece));
  }

  #readOn(): void {
    if (this.isWaiting()) return;
    if (!this.socket.isPaused) this.tcp.resume();
    this.pieces.onIdle();
  }
}

const drained = (receiver: Receiver): Promise<void> => new Promise((resolve) => receiver.once('drain', resolve));

/** The library has no interface for it (docs/decisions/0390). Throws where another version of it has none such. */
function receiverOf(socket: WebSocket): Receiver {
  const { _receiver: receiver } = socket as unknown as { _receiver?: Receiver };
  if (typeof receiver?.write === 'function') return receiver;
  throw new TypeError(
    'the bound on frames does not know this version of ws: install the version that package.json names',
  );
}
