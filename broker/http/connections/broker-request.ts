import { IncomingMessage } from 'node:http';
import { SluiceError } from '../../../proto/errors.js';
import { refuseOnSocket } from '../../gateway/refuse-on-socket.js';
import { isAmidAnswer } from './answer-in-service.js';

/** A shorter chunk costs more to keep and to hand over than it has bytes. */
const SMALL_BYTES = 64;
/** So many chunks of less than so many bytes on average within the time: nobody who writes lines sends such ones. */
const CRUMBS_MAX = 10_000;
const CRUMB_BYTES = 8;
const CRUMBS_WITHIN_MS = 10_000;

/**
 * A request as the server reads it.
 *
 * Its `Upgrade` counts only when it asks for a WebSocket. RFC 9110 lets a server ignore any other; Node would hand them all to the
 * gateway, which answered 404 to every plain call of clients that offer `h2c`.
 *
 * Small chunks of its body that nobody takes yet are merged: as they come, 16 KiB of them are 16,000 objects, and 4 MB on each connection.
 * A body that comes in nothing else is refused, since each of its bytes costs a microsecond.
 */
export class BrokerRequest extends IncomingMessage {
  // Declared and not initialised: the constructor of the class above sets `upgrade` before fields of this one exist.
  declare asksForUpgrade: boolean | null;
  #small: Buffer[] = [];
  #smallBytes = 0;
  #chunks = 0;
  #bytes = 0;
  #countedSinceMs = 0;

  // Node's parser sets and reads the property; its types declare none (docs/decisions/0390).
  get upgrade(): boolean {
    return this.asksForUpgrade === true && isWebSocket(this.headers.upgrade);
  }

  set upgrade(asksForUpgrade: boolean | null) {
    this.asksForUpgrade = asksForUpgrade;
  }

  /** Called by the parser for each chunk, and with null at the end. */
  override push(chunk: Buffer | null): boolean {
    if (chunk !== null) this.#count(chunk.length);
    // With nothing in the queue the reader waits for this chunk.
    if (chunk === null || chunk.length >= SMALL_BYTES || this.readableLength === 0) {
      this.#pushSmall();
      return super.push(chunk);
    }
    this.#small.push(chunk);
    this.#smallBytes += chunk.length;
    if (this.#small.length > SMALL_BYTES) this.#small = [Buffer.concat(this.#small)];
    return this.readableLength + this.#smallBytes < this.readableHighWaterMark;
  }

  override _read(size: number): void {
    this.#pushSmall();
    super._read(size);
  }

  #pushSmall(): void {
    if (this.#smallBytes === 0) return;
    const merged = Buffer.concat(this.#small);
    this.#small = [];
    this.#smallBytes = 0;
    super.push(merged);
  }

  #count(bytes: number): void {
    if (this.#chunks === 0) this.#countedSinceMs = performance.now();
    this.#chunks++;
    this.#bytes += bytes;
    if (this.#chunks < CRUMBS_MAX) return;
    const isCrumbs = this.#bytes < this.#chunks * CRUMB_BYTES;
    if (isCrumbs && performance.now() - this.#countedSinceMs < CRUMBS_WITHIN_MS) this.#refuse();
    this.#chunks = 0;
    this.#bytes = 0;
  }

  #refuse(): void {
    const { socket } = this;
    if (isAmidAnswer(socket)) socket.destroy();
    else if (socket.writable) {
      refuseOnSocket(
        socket,
        new SluiceError('BAD_REQUEST', 'the body comes in chunks of a few bytes: send larger ones'),
      );
    }
  }
}

const isWebSocket = (upgrade: string | undefined): boolean =>
  upgrade === 'websocket' ||
  (upgrade?.split(',').some((protocol) => /^websocket(?:\/|$)/i.test(protocol.trim())) ?? false);
