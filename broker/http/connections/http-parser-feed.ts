import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { sharedTurn, type TurnShare } from '../../../proto/async/shared-turns.js';
import { hasTurnTime, inTurnTime } from '../../../proto/async/turn-queue.js';
import { takePiece } from './take-piece.js';

/** Bytes that the parser gets at one time: a millisecond where each byte is a chunk of its own. */
const PIECE_BYTES = 4 * 1024;
/** So many bytes of a connection whose caller is not known yet are parsed at once: most heads are shorter. */
const FIRST_BYTES = 1024;

/** A socket that Node's HTTP server reads, with members that are no interface of it (docs/decisions/0390). */
interface ServedSocket extends Socket {
  parser?: { incoming: IncomingMessage | null } | null;
  /** Set by the server while it has too much to write; its parser throws what ends the process when it gets bytes then. */
  _paused?: boolean;
}

type Listener = (chunk: Buffer) => void;

/**
 * Hands the bytes of a connection to the HTTP parser as the event loop has time for them.
 *
 * A socket hands over 64 KiB at once, and the parser calls back for each chunk of a body: of one-byte chunks these are 11,000 calls, and 400
 * connections that send nothing else, for which no credential is needed, held the loop for seconds. Pausing a body comes too late, since
 * the parser goes on to the end of what it got. Here it gets small pieces, and those beyond the time of a turn wait for a later one. What
 * is smaller than a piece, as nearly all requests are, is parsed at once.
 *
 * Invariants: bytes reach the parser in order, and none while the server has paused the socket; while some wait here, at most one
 * further read of the socket is taken. Decision: docs/decisions/0356.
 */
export class HttpParserFeed {
  readonly #parse: Listener;
  readonly #waiting: Buffer[] = [];
  #isOver = false;

  /** To be called once the server listens to the socket. `shareOf` is that of the last request; undefined before the first. */
  constructor(
    private readonly socket: ServedSocket,
    private readonly shareOf: () => TurnShare | undefined,
  ) {
    const [parse] = socket.listeners('data') as [Listener | undefined];
    if (!parse)
      throw new TypeError(
        `the HTTP server of Node ${process.version} reads sockets in a form that is not known here: use the Node of package.json`,
      );
    this.#parse = parse;
    socket.off('data', parse);
    socket
      .on('data', this.#take)
      .on('resume', this.#onResume)
      .once('close', () => this.#end());
  }

  /** To be called first when the connection becomes a WebSocket: what waits is left to whoever reads the socket next. */
  handOver(): void {
    const rest = Buffer.concat(this.#waiting);
    this.#end();
    if (rest.length > 0) this.socket.unshift(rest);
  }

  readonly #take = (chunk: Buffer): void => {
    if (this.#isRefused) return;
    if (this.#waiting.length === 0 && chunk.length <= PIECE_BYTES && hasTurnTime() && !this.socket._paused) {
      this.#read(chunk);
      return;
    }
    this.#waiting.push(chunk);
    this.socket.pause();
    if (this.#waiting.length === 1) void this.#drain();
  };

  /** A body that was read makes the server read on, although pieces of it wait here. */
  readonly #onResume = (): void => {
    if (this.#waiting.length > 0) this.socket.pause();
  };

  async #drain(): Promise<void> {
    if (!this.shareOf() && !this.socket._paused) this.#read(takePiece(this.#waiting, FIRST_BYTES));
    while (this.#waiting.length > 0) {
      if (!hasTurnTime()) await sharedTurn(this.shareOf());
      // The server takes nothing while it has too much to write; it goes on by itself.
      while (this.socket._paused && !this.#isOver) await new Promise((resolve) => this.socket.once('resume', resolve));
      if (this.#isOver) return;
      this.#read(takePiece(this.#waiting, PIECE_BYTES));
      if (this.#isRefused) this.#waiting.length = 0;
    }
    if (!this.#isOver && !this.#isBodyFull && !this.socket._paused) this.socket.resume();
  }

  #read(piece: Buffer): void {
    inTurnTime(() => this.#parse(piece));
  }

  /** Nothing that follows can be answered any more. */
  get #isRefused(): boolean {
    return this.socket.destroyed || this.socket.writableEnded;
  }

  /** Then its reader makes the server read on. */
  get #isBodyFull(): boolean {
    const body = this.socket.parser?.incoming;
    return !!body && !body.complete && body.readableLength >= body.readableHighWaterMark;
  }

  #end(): void {
    this.#isOver = true;
    this.#waiting.length = 0;
    this.socket.off('data', this.#take).off('resume', this.#onResume);
  }
}
