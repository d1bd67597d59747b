import { randomBytes } from 'node:crypto';
import type { Msg, NatsConnection } from '@nats-io/transport-node';
import { atTicksOnceRead } from '../../../proto/async/shared-ticks.js';
import type { StoreSpace } from '../space/store-space.js';
import type { JetStreamRefusal } from '../store-errors.js';
import { StoreRefusedError, StoreUnavailableError, storeError } from '../store-errors.js';
import { streamOf, subjectsOf } from '../stream-names.js';
import type { OutMessage } from './out-message.js';
import { PublishBytes } from './publish-bytes.js';
import { type BatchMember, putPublish } from './put-publish.js';
import { sendBytes } from './send-bytes.js';

export interface PubAck {
  stream: string;
  position: number;
  duplicate: boolean;
}

/** The connection to write over. */
export interface PublisherLink {
  readonly nc: NatsConnection;
  readonly inboxPrefix: string;
  isUp(): boolean;
  onStatus(listener: (up: boolean) => void): () => void;
}

interface RawAck {
  stream?: string;
  seq?: number;
  duplicate?: boolean;
  count?: number;
  error?: JetStreamRefusal;
}

interface Waiter {
  subject: string;
  sentAtMs: number;
  resolve(ack: RawAck): void;
  reject(error: Error): void;
}

/** The server's own limit for an atomic batch, in messages. */
export const BATCH_MESSAGES_MAX = 1_000;
/** Up to so many messages cost the store less one by one, all in flight: an atomic batch costs as much as about twenty synced writes. */
export const SINGLES_MAX = 20;
/** Messages sent and not yet acknowledged: enough to keep the server busy (512 saturates it), small against its queue of 10,000. */
const IN_FLIGHT_MAX = 1_024;
/** Messages waiting to be sent; above this callers are refused, so that a slow store cannot fill our memory. */
const WAITING_MAX = 16_384;
/** The default of the protocol, for a server that has not reported its own limit. */
const PAYLOAD_BYTES_MAX = 1024 * 1024;
/** Longer than a leader election (4 to 8 s), in a cluster whose outcome is usually reported earlier. */
const ACK_TIMEOUT_MS = 15_000;
/** Acknowledgements of the previous leader are still in transit when another one is elected. */
const ELECTION_GRACE_MS = 500;
const ELECTED_SUBJECT = '$JS.EVENT.ADVISORY.STREAM.LEADER_ELECTED';
const EXPIRY_INTERVAL_MS = 500;
/** A server that has met the end of its disk does not answer any more; one that still writes answers sooner. */
const EXHAUSTED_ACK_TIMEOUT_MS = 500;

/**
 * Publishes to streams with one shared reply inbox for all acknowledgements.
 *
 * The client's own publish makes a request per message, which costs seven times as much, and its batch drops message
 * ids, expectations and TTLs. So messages are written directly, the bytes of a commit at once (`PublishBytes`), and
 * acknowledgements matched by a number in the reply subject. See docs/decisions/0260.
 *
 * Invariants: messages are sent in the order of the calls; at most `IN_FLIGHT_MAX` are unacknowledged; while the
 * connection is down everything is refused at once instead of being buffered; a message whose outcome is unknown
 * rejects as uncertain.
 */
export class Publisher {
  readonly #bus: PublisherLink;
  readonly #prefix: string;
  /** Distinguishes the batches of all publishers; short, since every message of a batch carries and stores it. */
  readonly #batchPrefix = randomBytes(6).toString('hex');
  readonly #waiters = new Map<string, Waiter>();
  readonly #waiting: Array<{ send(): void; fail(error: Error): void }> = [];
  readonly #endTicks: () => void;
  #nextId = 0;
  #space: Pick<StoreSpace, 'level' | 'refusal'> | undefined;

  constructor(bus: PublisherLink) {
    this.#bus = bus;
    this.#prefix = `${bus.inboxPrefix}.ack.`;
    bus.nc.subscribe(`${this.#prefix}*`, {
      callback: (error, msg) => {
        if (!error) this.#onAck(msg);
      },
    });
    bus.nc.subscribe(`${ELECTED_SUBJECT}.*`, {
      callback: (error, msg) => {
        if (!error) this.#onElected(msg.subject.slice(ELECTED_SUBJECT.length + 1));
      },
    });
    bus.onStatus((up) => {
      if (!up) this.#failAll('the connection was lost');
    });
    this.#endTicks = atTicksOnceRead(EXPIRY_INTERVAL_MS, () => this.#failExpired());
  }

  /** From now on asks before every write whether there is space for it. */
  limitTo(space: Pick<StoreSpace, 'level' | 'refusal'>): void {
    this.#space = space;
  }

  get inFlight(): number {
    return this.#waiters.size;
  }

  /** Resolves when the message is stored as durably as the server is configured to; calls are sent in their order. */
  async publish(message: OutMessage): Promise<PubAck> {
    this.#requireSpace(message);
    const raw = await this.#whenFree(() => this.#send(message));
    return { stream: raw.stream ?? '', position: positionOf(raw), duplicate: raw.duplicate === true };
  }

  /**
   * Stores all or none of at most 1,000 messages of one stream; their positions are `lastPosition - count + 1` to
   * `lastPosition`.
   */
  async publishBatch(messages: readonly OutMessage[]): Promise<{ lastPosition: number; count: number }> {
    if (messages.length === 0 || messages.length > BATCH_MESSAGES_MAX) {
      throw new StoreRefusedError(10199, `a batch has 1 to ${BATCH_MESSAGES_MAX} messages, not ${messages.length}`);
    }
    for (const message of messages) this.#requireSpace(message);
    const raw = await this.#whenFree(() => this.#sendBatch(messages));
    return { lastPosition: positionOf(raw), count: raw.count ?? messages.length };
  }

  /**
   * The server is none of a cluster. Elsewhere few messages are no cheaper one by one, and `publishChain` must not be called: a replicated
   * stream compares ids on each replica when it stores, and not on its leader before, and a replica that refuses a message gives the
   * whole stream up, until its server starts again.
   */
  get isOfSingleServer(): boolean {
    const { info } = this.#bus.nc;
    return info !== undefined && info.cluster === undefined;
  }

  /**
   * Stores messages with ids one by one, of which each expects the one before it as the newest of the stream, and the first one the
   * message `after`. So none is stored unless all before it are, and the answer to the last stands for all. When it rejects, a part
   * may be stored, from the first on: with WrongExpectedSequenceError because somebody else has written to the stream. Only
   * where `isOfSingleServer`.
   */
  async publishChain(messages: readonly (OutMessage & { id: string })[], after: string): Promise<void> {
    for (const message of messages) this.#requireSpace(message);
    positionOf(await this.#whenFree(() => this.#sendChain(messages, after)));
  }

  /** Rejects everything in flight and refuses new messages. */
  stop(): void {
    this.#endTicks();
    this.#failAll('the connection was closed');
  }

  /** Throws StoreFullError. */
  #requireSpace(message: OutMessage): void {
    const refusal = this.#space?.refusal(message);
    if (refusal) throw refusal;
  }

  #sendBatch(messages: readonly OutMessage[]): Promise<RawAck> {
    const id = this.#batchPrefix + (this.#nextId++).toString(36);
    const last = messages.length - 1;
    const opened = last === 0 ? '' : this.#newReply();
    const committed = this.#newReply();
    return new Promise<RawAck>((resolve, reject) => {
      const bytes = this.#bytesFor(messages);
      const member: BatchMember = { id, sequence: 0, commit: false };
      for (const message of messages) {
        const i = member.sequence++;
        member.commit = i === last;
        putPublish(bytes, message, member.commit ? committed : i === 0 ? opened : '', member);
      }
      this.#write(bytes);
      const { subject } = messages[last]!;
      // The first answer is empty when the batch was opened, otherwise it holds the refusal. It is not awaited: the
      // server handles one connection in order, so the commit cannot overtake it.
      if (opened !== '') this.#await(opened, { subject, resolve: () => {}, reject });
      this.#await(committed, { subject, resolve, reject });
    });
  }

  #send(message: OutMessage): Promise<RawAck> {
    const reply = this.#newReply();
    return new Promise<RawAck>((resolve, reject) => {
      const bytes = this.#bytesFor([message]);
      putPublish(bytes, message, reply);
      this.#write(bytes);
      this.#await(reply, { subject: message.subject, resolve, reject });
    });
  }

  #sendChain(messages: readonly (OutMessage & { id: string })[], after: string): Promise<RawAck> {
    const reply = this.#newReply();
    const { subject, id: lastId } = messages.at(-1)!;
    return new Promise<RawAck>((resolve, reject) => {
      const bytes = this.#bytesFor(messages);
      let expectLastId = after;
      for (const message of messages) {
        putPublish(bytes, { ...message, expectLastId }, message.id === lastId ? reply : '');
        expectLastId = message.id;
      }
      this.#write(bytes);
      this.#await(reply, { subject, resolve, reject });
    });
  }

  #newReply(): string {
    return this.#prefix + (this.#nextId++).toString(36);
  }

  #bytesFor(messages: readonly OutMessage[]): PublishBytes {
    const dataBytes = messages.reduce((sum, { data }) => sum + data.length, 0);
    return new PublishBytes(this.#bus.nc.info?.max_payload ?? PAYLOAD_BYTES_MAX, messages.length, dataBytes);
  }

  /** Throws StoreUnavailableError when the connection takes nothing any more. */
  #write(bytes: PublishBytes): void {
    const { nc } = this.#bus;
    if (nc.isClosed() || nc.isDraining()) throw new StoreUnavailableError('not connected', false);
    sendBytes(nc, bytes.finish());
  }

  #await(reply: string, waiter: Omit<Waiter, 'sentAtMs'>): void {
    // The spread comes last: before the time it would make a hidden class for each message.
    this.#waiters.set(reply.slice(this.#prefix.length), { sentAtMs: performance.now(), ...waiter });
  }

  #whenFree(send: () => Promise<RawAck>): Promise<RawAck> {
    if (!this.#bus.isUp()) return Promise.reject(new StoreUnavailableError('not connected', false));
    if (this.#waiters.size < IN_FLIGHT_MAX && this.#waiting.length === 0) return send();
    if (this.#waiting.length >= WAITING_MAX) {
      return Promise.reject(new StoreUnavailableError(`${WAITING_MAX} messages are waiting already`, false));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ send: () => send().then(resolve, reject), fail: reject });
    });
  }

  #onAck(msg: Msg): void {
    const id = msg.subject.slice(this.#prefix.length);
    const waiter = this.#waiters.get(id);
    if (!waiter) return;
    this.#waiters.delete(id);
    settle(waiter, msg);
    this.#refill();
  }

  /** Sends half of a free window at once: shifting one by one off a long array would copy it each time. */
  #refill(): void {
    if (this.#waiting.length === 0 || this.#waiters.size > IN_FLIGHT_MAX / 2) return;
    for (const next of this.#waiting.splice(0, IN_FLIGHT_MAX - this.#waiters.size)) next.send();
  }

  #failExpired(): void {
    const timeoutMs = this.#space?.level === 'exhausted' ? EXHAUSTED_ACK_TIMEOUT_MS : ACK_TIMEOUT_MS;
    const oldest = performance.now() - timeoutMs;
    this.#failUncertain(`no answer within ${timeoutMs} ms`, ({ sentAtMs }) => sentAtMs < oldest);
  }

  /** A message sent to the previous leader and not acknowledged by now never will be, stored or not. */
  #onElected(stream: string): void {
    const electedAtMs = performance.now();
    const isOfStream = subjectsOf(stream);
    const timer = setTimeout(() => {
      const why = 'another server has become the leader';
      this.#failUncertain(why, ({ sentAtMs, subject }) => sentAtMs < electedAtMs && isOfStream(subject));
    }, ELECTION_GRACE_MS);
    timer.unref();
  }

  #failUncertain(why: string, isLost: (waiter: Waiter) => boolean): void {
    for (const [id, waiter] of this.#waiters) {
      if (!isLost(waiter)) continue;
      this.#waiters.delete(id);
      waiter.reject(new StoreUnavailableError(why, true));
    }
    this.#refill();
  }

  #failAll(why: string): void {
    const sent = [...this.#waiters.values()];
    const unsent = this.#waiting.splice(0);
    this.#waiters.clear();
    for (const waiter of sent) waiter.reject(new StoreUnavailableError(why, true));
    for (const waiter of unsent) waiter.fail(new StoreUnavailableError(why, false));
  }
}

/** An answer without a position confirms nothing, whatever else it holds. */
function positionOf({ seq }: RawAck): number {
  if (seq === undefined) throw new StoreUnavailableError('the answer does not say where the message is', true);
  return seq;
}

function settle(waiter: Waiter, msg: Msg): void {
  if (msg.data.length === 0) {
    // Without data it means either "no stream listens on the subject" or "batch opened".
    if (msg.headers?.code === 503) waiter.reject(new StoreUnavailableError('no stream listens on the subject', false));
    else waiter.resolve({});
    return;
  }
  try {
    const ack = msg.json<RawAck>();
    if (ack.error) waiter.reject(storeError(ack.error, streamOf(waiter.subject)));
    else waiter.resolve(ack);
  } catch (error) {
    waiter.reject(new StoreUnavailableError('the answer is not a JetStream ack', true, { cause: error }));
  }
}
