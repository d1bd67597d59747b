import { OPCODE } from '../frame-splitter.js';
import { LightSocket } from '../light-socket.js';
import type { Tally } from '../tally.js';

/** One connection to nats-server's own WebSocket listener with one plain subscription. */
export interface NatsTarget {
  port: number;
  subject: string;
  sampled: boolean;
}

const OPEN_MS_MAX = 30_000;
const LINE_FEED = 10;
const NOTHING = Buffer.alloc(0);
const [LETTER_M, LETTER_H, LETTER_P] = [...Buffer.from('MHP')];

/** Implements as much of the NATS protocol as counting messages needs. */
export class NatsSubscriber {
  events = 0;
  isClosed = false;
  #incomplete: Buffer = NOTHING;
  #socket: LightSocket | undefined;
  #ready: (() => void) | undefined;

  constructor(
    private readonly target: NatsTarget,
    private readonly tally: Tally,
  ) {}

  /** Resolves when the server has registered the subscription. */
  async open(): Promise<void> {
    this.#socket = await LightSocket.open({
      port: this.target.port,
      path: '/',
      onMessage: (opcode, payload) => {
        if (opcode === OPCODE.binary || opcode === 0) this.#receive(payload);
      },
      onClose: () => {
        this.isClosed = true;
      },
    });
    const options = { verbose: false, pedantic: false, headers: true, no_responders: true, protocol: 1, lang: 'bench' };
    const ready = new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('no PONG from nats-server')), OPEN_MS_MAX);
      this.#ready = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#send(`CONNECT ${JSON.stringify(options)}\r\nSUB ${this.target.subject} 1\r\nPING\r\n`);
    await ready;
  }

  close(): void {
    this.#socket?.destroy();
  }

  #receive(payload: Buffer): void {
    this.tally.frames++;
    this.tally.bytes += payload.length;
    const bytes = this.#incomplete.length > 0 ? Buffer.concat([this.#incomplete, payload]) : payload;
    this.#incomplete = NOTHING;
    let at = 0;
    while (at < bytes.length) {
      const next = this.#take(bytes, at);
      if (next < 0) {
        this.#incomplete = Buffer.from(bytes.subarray(at));
        return;
      }
      at = next;
    }
  }

  /** Index after the operation that begins at `at`; negative when it is not complete. */
  #take(bytes: Buffer, at: number): number {
    const lineEnd = bytes.indexOf(LINE_FEED, at);
    if (lineEnd < 0) return -1;
    const first = bytes[at];
    if (first === LETTER_M || first === LETTER_H) {
      const end = lineEnd + 1 + lastNumber(bytes, lineEnd - 2) + 2;
      if (end > bytes.length) return -1;
      this.events++;
      this.tally.events++;
      if (this.target.sampled) this.tally.age(bytes, lineEnd, end);
      return end;
    }
    if (first === LETTER_P) this.#onPingOrPong(bytes[at + 1] === 'I'.charCodeAt(0));
    return lineEnd + 1;
  }

  #onPingOrPong(isPing: boolean): void {
    if (isPing) this.#send('PONG\r\n');
    else this.#ready?.();
  }

  #send(text: string): void {
    this.#socket?.send(Buffer.from(text));
  }
}

/** The number whose last digit stands at `end`: the payload size is the last word of the line. */
function lastNumber(bytes: Buffer, end: number): number {
  let value = 0;
  for (let at = end, scale = 1; ; at--, scale *= 10) {
    const digit = (bytes[at] as number) - 48;
    if (digit < 0 || digit > 9) return value;
    value += digit * scale;
  }
}
