import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { sharedTurn, TurnShare } from '../../../proto/async/shared-turns.js';
import { hasTurnTime, inTurnTime } from '../../../proto/async/turn-queue.js';
import { takePiece } from './take-piece.js';

/** Connections of which no request was read yet have one share. */
const unknownCallers = new TurnShare();
/** Ciphertext that is decrypted at one time: a millisecond where it is nothing but the smallest records. */
const PIECE_BYTES = 4 * 1024;

/**
 * A connection under TLS whose records are decrypted as the event loop has time for them.
 *
 * Node decrypts all that a connection has ready, up to two megabytes, before anything else runs. That is nothing for records of usual
 * size. Of the smallest ones, one byte or a change of keys each, 100 KB take ten milliseconds: 50 connections that sent them held the loop for 0.9 s, and
 * what is done with the decrypted bytes could not be bounded elsewhere, since a change of keys yields none. So the
 * bytes go to TLS in small pieces, and those beyond the time of a turn wait for a later one, in the share of the
 * caller of the connection's last request. Decision: docs/decisions/0378.
 *
 * Invariant: bytes pass in order; while some wait here, nothing more is read of the socket.
 */
export class PacedCiphertext extends Duplex {
  /** Share of the caller in the turns of the event loop; undefined while there is none. */
  shareOf: () => TurnShare | undefined = () => undefined;
  readonly #waiting: Buffer[] = [];
  #isWanted = false;
  #isPassing = false;
  #hasEnded = false;

  constructor(readonly socket: Socket) {
    super({ readableHighWaterMark: PIECE_BYTES, allowHalfOpen: true });
    socket
      .on('data', (chunk: Buffer) => this.#take(chunk))
      .once('end', () => {
        this.#hasEnded = true;
        void this.#pass();
      })
      .once('error', (error) => this.destroy(error))
      .once('close', () => this.destroy());
    socket.resume();
  }

  override _read(): void {
    this.#isWanted = true;
    // Within this call a piece would wait for the next turn instead of being handed on at once.
    if (this.#waiting.length > 0 || this.#hasEnded) process.nextTick(() => void this.#pass());
    else this.socket.resume();
  }

  override _write(chunk: Buffer, encoding: BufferEncoding, written: (error?: Error | null) => void): void {
    this.socket.write(chunk, encoding, written);
  }

  override _writev(
    chunks: { chunk: Buffer; encoding: BufferEncoding }[],
    written: (error?: Error | null) => void,
  ): void {
    this.socket.cork();
    const last = chunks.length - 1;
    for (const [i, { chunk, encoding }] of chunks.entries())
      this.socket.write(chunk, encoding, i === last ? written : undefined);
    this.socket.uncork();
  }

  override _final(ended: () => void): void {
    this.socket.end(ended);
  }

  override _destroy(error: Error | null, destroyed: (error?: Error | null) => void): void {
    this.#waiting.length = 0;
    this.socket.destroy();
    destroyed(error);
  }

  #take(chunk: Buffer): void {
    this.#waiting.push(chunk);
    this.socket.pause();
    void this.#pass();
  }

  async #pass(): Promise<void> {
    if (this.#isPassing) return;
    this.#isPassing = true;
    while (this.#isWanted && this.#waiting.length > 0) {
      if (!hasTurnTime()) await sharedTurn(this.shareOf() ?? unknownCallers);
      if (this.destroyed) return;
      inTurnTime(() => {
        this.#isWanted = this.push(takePiece(this.#waiting, PIECE_BYTES));
      });
    }
    this.#isPassing = false;
    if (this.#waiting.length > 0 || this.destroyed) return;
    if (this.#hasEnded) this.push(null);
    else if (this.#isWanted) this.socket.resume();
  }
}

/** The connection that a TLS socket was made of; undefined for a socket that is no such one. */
export function ciphertextOf(socket: Socket): PacedCiphertext | undefined {
  const { _handle: handle } = socket as { _handle?: { _parentWrap?: { stream?: unknown } } };
  const below = handle?._parentWrap?.stream;
  return below instanceof PacedCiphertext ? below : undefined;
}

/** Gives a TLS socket the addresses of its connection, which it has by itself only where it reads that itself. */
export function showPeer(tlsSocket: Socket): void {
  const below = ciphertextOf(tlsSocket);
  if (!below)
    throw new TypeError(
      `the TLS socket of Node ${process.version} names its connection in a form that is not known here: use the Node of package.json`,
    );
  const { remoteAddress, remotePort, remoteFamily, localAddress, localPort } = below.socket;
  const addresses = { remoteAddress, remotePort, remoteFamily, localAddress, localPort };
  for (const [name, value] of Object.entries(addresses)) Object.defineProperty(tlsSocket, name, { value });
}
