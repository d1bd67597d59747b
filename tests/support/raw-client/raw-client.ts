import WebSocket from 'ws';
import type { Rows } from '../../../proto/entry/rows.js';
import type { ErrorCode } from '../../../proto/errors.js';
import type {
  ClientFrame,
  From,
  PublishResult,
  ServerFrame,
  Subprotocol,
  SubscribedFrame,
  WelcomeFrame,
} from '../../../proto/frames/frames.js';
import { Condition } from '../condition.js';
import { RAW_FRAMES, type RawFrames } from './raw-frames.js';
import { RawSubscription } from './raw-subscription.js';

/** Three times as long as soaks freeze a broker; it answers far sooner, so a test that waits this long fails. */
export const ANSWER_MS = 60_000;

export interface RawAddress {
  /** http://host:port of the broker. */
  url: string;
  token: string;
  encoding: Subprotocol;
  /** Gets each message as received. */
  onMessage?: ((message: Buffer) => void) | undefined;
}

/** An address whose `url` is asked for at each opening: brokers take turns, or come back at another port. */
export function changingAddress(url: () => string, rest: Omit<RawAddress, 'url'>): RawAddress {
  return {
    ...rest,
    get url() {
      return url();
    },
  };
}

export interface RawSubscribe {
  grant: string;
  cursor?: string | undefined;
  from?: From | undefined;
  credit?: number | undefined;
  narrow?: Rows | undefined;
}

/** The broker answered with an `error` frame. */
export class RawRefusal extends Error {
  override readonly name = 'RawRefusal';
  constructor(
    readonly code: ErrorCode,
    message: string,
  ) {
    super(`${code}: ${message}`);
  }
}

/** The session ended before an awaited answer. */
export class SessionLostError extends Error {
  override readonly name = 'SessionLostError';
  constructor(
    readonly code: number | undefined,
    before: string,
  ) {
    super(`closed with ${code} before ${before}`);
  }
}

/** A WebSocket session written from the protocol alone, without code of the broker or the SDK. */
export class RawSession {
  readonly welcome: WelcomeFrame;
  /** Every frame except events and heartbeats, in order. */
  readonly frames: ServerFrame[] = [];
  closed: { code: number; reason: string } | undefined;
  readonly #socket: WebSocket;
  readonly #codec: RawFrames;
  readonly #encoding: Subprotocol;
  readonly #condition = new Condition();
  readonly #subscriptions = new Map<number, RawSubscription>();
  readonly #pending = new Map<string, (frame: SubscribedFrame) => RawSubscription>();
  #refs = 0;

  private constructor(socket: WebSocket, encoding: Subprotocol, welcome: WelcomeFrame) {
    this.#socket = socket;
    this.#encoding = encoding;
    this.#codec = RAW_FRAMES[encoding];
    this.welcome = welcome;
    socket.on('message', (message: Buffer) => this.#received(message));
    socket.on('close', (code, reason) => {
      this.closed = { code, reason: reason.toString() };
      for (const subscription of this.#subscriptions.values()) subscription.lost();
      this.#condition.changed();
    });
  }

  /** Resolves after `welcome`; rejects when the upgrade is refused (the message holds the HTTP status). */
  static open({ url, token, encoding, onMessage }: RawAddress): Promise<RawSession> {
    const headers = { authorization: `Bearer ${token}` };
    const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/v1/stream`, [encoding], { headers });
    if (onMessage) socket.on('message', (message: Buffer) => onMessage(message));
    return new Promise((resolve, reject) => {
      // Never removed: an error is always followed by 'close', which the session reports.
      socket.on('error', reject);
      const closedEarly = (code: number): void => reject(new SessionLostError(code, 'welcome'));
      socket.once('close', closedEarly);
      socket.once('message', (message: Buffer) => {
        socket.off('close', closedEarly);
        const frame = RAW_FRAMES[encoding].decode(message);
        if (frame.kind === 'welcome') resolve(new RawSession(socket, encoding, frame));
        else reject(new TypeError(`the first frame is ${frame.kind}, not welcome`));
      });
    });
  }

  /** Rejects with RawRefusal when the broker answers with an error. */
  async subscribe(wanted: RawSubscribe): Promise<RawSubscription> {
    const ref = `s${++this.#refs}`;
    let made: RawSubscription | undefined;
    this.#pending.set(ref, (frame) => {
      made = new RawSubscription(frame, this.#encoding, wanted.credit ?? 1000, (answer) => this.send(answer));
      return made;
    });
    this.send(withoutUndefined({ kind: 'subscribe', ref, ...wanted }));
    await this.#answer(ref, () => made !== undefined);
    return made as unknown as RawSubscription;
  }

  /** One result per event, in order. With the protobuf encoding `data` and `previous` are bytes. */
  async publish(events: object[]): Promise<PublishResult[]> {
    const ref = `p${++this.#refs}`;
    const answered = () => this.frames.find((frame) => frame.kind === 'published' && frame.ref === ref);
    this.send({ kind: 'publish', ref, events } as ClientFrame);
    await this.#answer(ref, () => answered() !== undefined);
    return (answered() as { results: PublishResult[] }).results;
  }

  send(frame: ClientFrame): void {
    this.sendBytes(this.#codec.encode(frame));
  }

  /** Sends bytes that need not be a frame; a string is sent as a text message. */
  sendBytes(message: string | Uint8Array): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(message);
  }

  until(holds: () => boolean, what: string): Promise<void> {
    return this.#condition.until(holds, () => what, ANSWER_MS);
  }

  /** Drops the connection without a close frame, as a pulled cable does. */
  cut(): void {
    this.#socket.removeAllListeners('message');
    this.#socket.terminate();
  }

  /** Stops reading, as a slow consumer does. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  async close(): Promise<void> {
    this.#socket.close();
    await this.until(() => this.closed !== undefined, 'the socket to close');
  }

  async #answer(ref: string, answered: () => boolean): Promise<void> {
    const refusal = () => this.frames.find((frame) => frame.kind === 'error' && frame.ref === ref);
    const holds = () => answered() || refusal() !== undefined || this.closed !== undefined;
    await this.#condition.until(holds, () => `the answer to ${ref}`, ANSWER_MS);
    this.#pending.delete(ref);
    if (answered()) return;
    const refused = refusal();
    if (refused?.kind === 'error') throw new RawRefusal(refused.code, refused.message);
    throw new SessionLostError(this.closed?.code, `the answer to ${ref}`);
  }

  #received(message: Buffer): void {
    const frame = this.#codec.decode(message);
    if (frame.kind === 'subscribed') this.#subscribed(frame);
    if (frame.kind !== 'events' && frame.kind !== 'heartbeat') this.frames.push(frame);
    if ('channel' in frame && frame.kind !== 'subscribed' && frame.channel !== undefined) {
      this.#subscriptions.get(frame.channel)?.received(frame, message.length);
    }
    this.#condition.changed();
  }

  #subscribed(frame: SubscribedFrame): void {
    const made = this.#pending.get(frame.ref)?.(frame);
    if (made) this.#subscriptions.set(frame.channel, made);
  }
}

/** msgpackr would encode undefined as an extension type, which the protocol does not have. */
function withoutUndefined<T extends object>(fields: T): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}
