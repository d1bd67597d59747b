import { codecFor } from '../../proto/frames/frame-codec.js';
import type { ClientFrame, From, ServerFrame, Subprotocol } from '../../proto/frames/frames.js';
import { readJsonEvents, readProtobufEvents } from './events-frame.js';
import { OPCODE } from './frame-splitter.js';
import { LightSocket } from './light-socket.js';
import type { Tally } from './tally.js';

/** One session with its subscriptions. */
export interface SluiceTarget {
  port: number;
  token: string;
  encoding: Subprotocol;
  subscriptions: SluiceSubscription[];
  /** Measures the age of every event; otherwise of none. */
  sampled: boolean;
  bytesPerSecond?: number | undefined;
}

export interface SluiceSubscription {
  grant: string;
  cursor?: string | undefined;
  from?: From | undefined;
  credit: number;
}

/** State of one subscription. */
export interface Following {
  grant: string;
  credit: number;
  channel: number;
  events: number;
  through: number;
  acked: number;
  unacked: number;
  /** Wall clock, in milliseconds, when events arrived last. */
  lastEventsAtMs: number;
  endedAtMs: number | undefined;
  /** Its session does not read any more. */
  isStalled: boolean;
}

const ANSWER_MS_MAX = 60_000;

/** A session that counts events and acknowledges as seldom as its credit allows. */
export class SluiceSubscriber {
  readonly following: Following[] = [];
  isClosed = false;
  /** Events since it was created, over all its sessions. */
  events = 0;
  readonly #byChannel = new Map<number, Following>();
  readonly #codec;
  #socket: LightSocket | undefined;
  #settle: { resolve(): void; reject(error: Error): void } | undefined;

  constructor(
    private readonly target: SluiceTarget,
    private readonly tally: Tally,
  ) {
    this.#codec = codecFor(target.encoding);
  }

  get isSlow(): boolean {
    return this.target.bytesPerSecond !== undefined;
  }

  /** Resolves when every subscription was answered. */
  async open(): Promise<void> {
    const { port, token, encoding, bytesPerSecond, subscriptions } = this.target;
    this.#socket = await LightSocket.open({
      port,
      path: '/v1/stream',
      protocol: encoding,
      token,
      bytesPerSecond,
      onMessage: (opcode, payload) => this.#onMessage(opcode, payload),
      onClose: () => this.#onClose(),
    });
    const answered = new Promise<void>((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    for (const [index, { grant, cursor, from, credit }] of subscriptions.entries()) {
      this.#send({ kind: 'subscribe', ref: String(index), grant, cursor, from, credit });
    }
    const timer = setTimeout(() => this.#settle?.reject(new Error('no answer to subscribe')), ANSWER_MS_MAX);
    await answered.finally(() => clearTimeout(timer));
  }

  /** Breaks the connection off and resumes from its cursors. */
  async reopen(): Promise<void> {
    this.#socket?.destroy();
    this.following.splice(0);
    this.#byChannel.clear();
    this.isClosed = false;
    await this.open();
  }

  /** Acknowledges everything that was received. */
  acknowledge(): void {
    for (const one of this.following) if (one.unacked > 0) this.#ack(one);
  }

  stall(): void {
    for (const one of this.following) one.isStalled = true;
    this.#socket?.stall();
  }

  close(): void {
    this.#socket?.destroy();
  }

  #onMessage(opcode: number, payload: Buffer): void {
    const { encoding, sampled } = this.target;
    const read = encoding === 'sluice.v1.json' ? readJsonEvents : readProtobufEvents;
    const seen = read(payload, sampled ? (from, to) => this.tally.age(payload, from, to) : undefined);
    if (!seen) {
      this.#onFrame(this.#codec.decodeServer(payload, opcode === OPCODE.binary));
      return;
    }
    this.tally.frames++;
    this.tally.bytes += payload.length;
    this.tally.events += seen.events;
    this.events += seen.events;
    const one = this.#byChannel.get(seen.channel);
    if (!one) return;
    one.through = seen.through;
    one.events += seen.events;
    one.unacked += seen.events;
    if (seen.events > 0) one.lastEventsAtMs = Date.now();
    if (one.unacked * 2 >= one.credit) this.#ack(one);
  }

  #onFrame(frame: ServerFrame): void {
    if (frame.kind === 'subscribed') this.#follow(frame.channel, frame.ref);
    else if (frame.kind === 'ended') {
      const one = this.#byChannel.get(frame.channel);
      if (one) one.endedAtMs = Date.now();
    } else if (frame.kind === 'error') {
      this.#settle?.reject(new Error(`${frame.code}: ${frame.message}`));
    }
  }

  #follow(channel: number, ref: string): void {
    const { grant, credit } = this.target.subscriptions[Number(ref)] as SluiceSubscription;
    const counts = {
      events: 0,
      through: 0,
      acked: 0,
      unacked: 0,
      lastEventsAtMs: 0,
      endedAtMs: undefined,
      isStalled: false,
    };
    const one = { grant, credit, channel, ...counts };
    this.following.push(one);
    this.#byChannel.set(channel, one);
    if (this.following.length === this.target.subscriptions.length) this.#settle?.resolve();
  }

  #ack(one: Following): void {
    one.acked = one.through;
    one.unacked = 0;
    if (one.endedAtMs === undefined) this.#send({ kind: 'ack', channel: one.channel, position: one.through });
  }

  #send(frame: ClientFrame): void {
    this.#socket?.send(this.#codec.encode(frame));
  }

  #onClose(): void {
    this.isClosed = true;
    this.#settle?.reject(new Error('the session was closed'));
  }
}
