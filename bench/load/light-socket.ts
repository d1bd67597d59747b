import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { FrameSplitter, type OnMessage, OPCODE } from './frame-splitter.js';

export interface LightSocketOptions {
  port: number;
  path: string;
  protocol?: string | undefined;
  token?: string | undefined;
  onMessage: OnMessage;
  onClose?: (() => void) | undefined;
  /** Reads at most this many bytes per second and leaves the rest in the socket: a slow consumer. */
  bytesPerSecond?: number | undefined;
}

/** One buffer for all sockets of the process: what was read is processed before the next read. */
const READ_BYTES = 256 * 1024;
const shared = Buffer.allocUnsafe(READ_BYTES);
/** A mask of zeros is allowed and sends the payload unchanged. */
const NO_MASK = Buffer.alloc(4);
const OPEN_MS_MAX = 30_000;

/**
 * A WebSocket client that does as little as a client can, so that the load generator costs little beside what is
 * measured.
 */
export class LightSocket {
  readonly #socket: Socket;
  readonly #splitter: FrameSplitter;
  readonly #options: LightSocketOptions;
  #answer = '';
  #opened: (() => void) | undefined;
  #refused: ((error: Error) => void) | undefined;

  /** Resolves when the server has accepted the upgrade. */
  static async open(options: LightSocketOptions): Promise<LightSocket> {
    const socket = new LightSocket(options);
    await socket.#upgrade();
    return socket;
  }

  private constructor(options: LightSocketOptions) {
    this.#options = options;
    this.#splitter = new FrameSplitter((opcode, payload) => this.#onMessage(opcode, payload));
    this.#socket = connect({
      host: '127.0.0.1',
      port: options.port,
      noDelay: true,
      onread: { buffer: options.bytesPerSecond ? Buffer.allocUnsafe(READ_BYTES / 16) : shared, callback: this.#onRead },
    });
    this.#socket.on('error', () => {});
    this.#socket.once('close', () => {
      this.#refused?.(new Error(`no WebSocket at ${options.path}: ${this.#answer.split('\r\n')[0]}`));
      options.onClose?.();
    });
  }

  send(payload: string | Uint8Array): void {
    const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload;
    this.#write(typeof payload === 'string' ? OPCODE.text : OPCODE.binary, bytes);
  }

  /** Bytes that the operating system has not accepted yet. */
  get bufferedBytes(): number {
    return this.#socket.writableLength;
  }

  /** Stops reading for good: to the broker the reader is stalled. */
  stall(): void {
    this.#socket.pause();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #upgrade(): Promise<void> {
    const { path, port, protocol, token } = this.#options;
    const lines = [
      `GET ${path} HTTP/1.1`,
      `Host: 127.0.0.1:${port}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
      ...(protocol === undefined ? [] : [`Sec-WebSocket-Protocol: ${protocol}`]),
      ...(token === undefined ? [] : [`Authorization: Bearer ${token}`]),
    ];
    this.#socket.write(`${lines.join('\r\n')}\r\n\r\n`);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${path} did not answer the upgrade`)), OPEN_MS_MAX);
      this.#opened = () => {
        clearTimeout(timer);
        this.#refused = undefined;
        resolve();
      };
      this.#refused = (error) => {
        clearTimeout(timer);
        reject(error);
      };
    });
  }

  readonly #onRead = (length: number, buffer: Uint8Array): boolean => {
    const chunk = Buffer.from(buffer.buffer, buffer.byteOffset, length);
    if (this.#opened) this.#onAnswer(chunk);
    else this.#splitter.push(chunk);
    const { bytesPerSecond } = this.#options;
    if (bytesPerSecond === undefined) return true;
    setTimeout(() => this.#socket.resume(), (length / bytesPerSecond) * 1000);
    return false;
  };

  #onAnswer(chunk: Buffer): void {
    this.#answer += chunk.toString('latin1');
    const end = this.#answer.indexOf('\r\n\r\n');
    if (end < 0) return;
    if (!this.#answer.startsWith('HTTP/1.1 101')) {
      this.#socket.destroy();
      return;
    }
    this.#opened?.();
    this.#opened = undefined;
    const rest = Buffer.from(this.#answer.slice(end + 4), 'latin1');
    if (rest.length > 0) this.#splitter.push(rest);
  }

  #onMessage(opcode: number, payload: Buffer): void {
    if (opcode === OPCODE.ping) this.#write(OPCODE.pong, payload);
    else if (opcode === OPCODE.close) this.#socket.end();
    else if (opcode !== OPCODE.pong) this.#options.onMessage(opcode, payload);
  }

  #write(opcode: number, payload: Uint8Array): void {
    const { length } = payload;
    const long = length < 126 ? 0 : length < 65_536 ? 2 : 8;
    const head = Buffer.alloc(2 + long);
    head[0] = 0x80 | opcode;
    head[1] = 0x80 | (long === 0 ? length : long === 2 ? 126 : 127);
    if (long === 2) head.writeUInt16BE(length, 2);
    else if (long === 8) head.writeUInt32BE(length, 6);
    this.#socket.cork();
    this.#socket.write(head);
    this.#socket.write(NO_MASK);
    this.#socket.write(Buffer.from(payload));
    this.#socket.uncork();
  }
}
