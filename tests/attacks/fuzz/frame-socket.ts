import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { head } from '../../support/raw-client/raw-socket.js';

const [TEXT, BINARY, CLOSE, PING, PONG] = [0x81, 0x82, 0x88, 0x89, 0x8a] as const;
/** Without a status in the close frame, and without such a frame. */
const [NO_STATUS, ABNORMAL] = [1005, 1006];
const ANSWER_MS_MAX = 60_000;

interface Upgrade {
  url: string;
  token: string;
  protocol: string;
}

/**
 * A session on a plain socket: many frames are written at once, and what is received is searched instead of decoded. A
 * WebSocket library costs a test that sends millions of small frames more than the broker spends on them.
 */
export class FrameSocket {
  /** The code with which the broker has ended the session. */
  closed: number | undefined;
  #received: Buffer = Buffer.alloc(0);
  #onMessage: (message: Buffer) => void = () => undefined;
  #onClosed: () => void = () => undefined;

  private constructor(private readonly socket: Socket) {
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.on('close', () => {
      this.closed ??= ABNORMAL;
      this.#onClosed();
    });
  }

  /** Rejects when the broker refuses the session. */
  static open({ url, token, protocol }: Upgrade): Promise<FrameSocket> {
    const { hostname, port } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    socket.setTimeout(ANSWER_MS_MAX, () => socket.destroy(new Error(`nothing was received for ${ANSWER_MS_MAX} ms`)));
    const headers = { connection: 'Upgrade', upgrade: 'websocket', authorization: `Bearer ${token}` };
    const key = randomBytes(16).toString('base64');
    socket.write(
      head('GET /v1/stream', {
        ...headers,
        'sec-websocket-version': '13',
        'sec-websocket-key': key,
        'sec-websocket-protocol': protocol,
      }),
    );
    return new Promise((resolve, reject) => {
      socket.on('error', reject);
      socket.once('close', () => reject(new Error('the connection was closed before an answer')));
      socket.once('data', (answer: Buffer) => {
        const end = answer.indexOf('\r\n\r\n');
        const status = answer.toString('latin1', 0, 12);
        if (status !== 'HTTP/1.1 101') {
          socket.destroy();
          reject(new Error(`the session was refused: ${answer.toString('utf8', 0, 500)}`));
          return;
        }
        const session = new FrameSocket(socket);
        session.#take(answer.subarray(end + 4));
        resolve(session);
      });
    });
  }

  /** Sends messages; resolves when `isLast` is true of one that is received, or the session has ended. */
  exchange(messages: readonly (string | Uint8Array)[], isLast: (message: Buffer) => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#onClosed = resolve;
      this.#onMessage = (message) => {
        if (isLast(message)) resolve();
      };
      if (this.closed !== undefined) resolve();
      else this.#write(messages.flatMap((message) => framed(typeof message === 'string' ? TEXT : BINARY, message)));
    });
  }

  /** Resolves with the broker's code. */
  close(): Promise<number> {
    return new Promise((resolve) => {
      this.#onClosed = () => resolve(this.closed!);
      if (this.closed !== undefined) resolve(this.closed);
      else this.#write(framed(CLOSE, Buffer.from([0x03, 0xe8])));
    });
  }

  #write(parts: readonly Uint8Array[]): void {
    if (!this.socket.destroyed) this.socket.write(Buffer.concat(parts));
  }

  #take(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    for (let frame = frameIn(this.#received); frame; frame = frameIn(this.#received)) {
      this.#received = this.#received.subarray(frame.bytes);
      const { opcode, payload } = frame;
      if (opcode === PING) this.#write(framed(PONG, payload));
      else if (opcode === CLOSE) {
        this.closed = payload.length < 2 ? NO_STATUS : payload.readUInt16BE(0);
        this.socket.end();
        this.#onClosed();
      } else if (opcode !== PONG) this.#onMessage(payload);
    }
  }
}

/** A frame of a client, whose mask of zeros leaves the payload as it is. */
function framed(first: number, message: string | Uint8Array): Uint8Array[] {
  const payload = typeof message === 'string' ? Buffer.from(message) : message;
  const { length } = payload;
  if (length < 126) return [Buffer.from([first, 0x80 | length, 0, 0, 0, 0]), payload];
  const isLong = length > 0xffff;
  const start = Buffer.alloc(isLong ? 14 : 8);
  start[0] = first;
  start[1] = 0x80 | (isLong ? 127 : 126);
  if (isLong) start.writeUInt32BE(length, 6);
  else start.writeUInt16BE(length, 2);
  return [start, payload];
}

/** The first frame in the bytes; undefined when it is not complete. */
function frameIn(received: Buffer): { opcode: number; payload: Buffer; bytes: number } | undefined {
  if (received.length < 2) return undefined;
  const short = received[1]!;
  const from = short < 126 ? 2 : short === 126 ? 4 : 10;
  if (received.length < from) return undefined;
  const length = short < 126 ? short : short === 126 ? received.readUInt16BE(2) : received.readUInt32BE(6);
  if (received.length < from + length) return undefined;
  return { opcode: received[0]!, payload: received.subarray(from, from + length), bytes: from + length };
}
