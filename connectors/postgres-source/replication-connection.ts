import type { Socket } from 'node:net';
import type pg from 'pg';
import { PeerGoneError } from '../runtime/connector-errors.js';
import { connectPostgres, quoteIdentifier, toPeerGone } from '../runtime/postgres-client.js';
import { type ChangeMessage, PgoutputDecoder } from './pgoutput-decoder.js';
import { toPostgresTime } from './postgres-clock.js';

/** A message of the stream; a keepalive says that everything committed before `walEnd` has been sent. */
export type ReplicationMessage = ChangeMessage | { tag: 'keepalive'; walEnd: bigint };

/** The part of pg's undocumented Connection that carries the copy-both mode. */
interface CopyConnection {
  stream: Socket;
  on(event: 'copyData', listener: (message: { chunk: Buffer }) => void): void;
  sendCopyFromChunk(chunk: Buffer): void;
}

const XLOG_DATA = 0x77;
const KEEPALIVE = 0x6b;
const XLOG_HEADER_BYTES = 25;
/** Read ahead of the consumer: some hundred milliseconds of work. What waits longer costs the garbage collector more than reading it. */
const QUEUE_BYTES_MAX = 512 * 1024;
/** The server cuts off who is silent for wal_sender_timeout, by default a minute. */
const STATUS_INTERVAL_MS = 10_000;

/**
 * The replication protocol over pg's connection: back-pressure, keepalives in their place among the messages, and exact
 * confirmation. The service of pg-logical-replication is not used: it confirms one byte too much, and with a commit record
 * that begins right behind another's end the server would skip that transaction after a restart.
 */
export class ReplicationConnection {
  readonly #decoder = new PgoutputDecoder();
  #queue: { message: ReplicationMessage; bytes: number }[] = [];
  #head = 0;
  #queuedBytes = 0;
  #confirmed = 0n;
  #failure: unknown;
  #wake: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;

  private constructor(private readonly client: pg.Client) {}

  static async open(url: string, applicationName: string): Promise<ReplicationConnection> {
    return new ReplicationConnection(await connectPostgres({ url, applicationName, replication: true }));
  }

  /** Who the server is: its identity and its timeline, which changes with every promotion and point-in-time recovery. */
  async identify(): Promise<{ systemId: string; timeline: number }> {
    try {
      const { rows } = await this.client.query<{ systemid: string; timeline: string }>('IDENTIFY_SYSTEM');
      return { systemId: rows[0]!.systemid, timeline: Number(rows[0]!.timeline) };
    } catch (error) {
      throw toPeerGone(error);
    }
  }

  /** Begins after what the slot has confirmed. A slot that is in use shows in `next`, as PeerGoneError. */
  start(slot: string, publication: string): void {
    this.#connection.on('copyData', ({ chunk }) => this.#receive(chunk));
    this.client.on('error', (error) => this.fail(toPeerGone(error)));
    const streaming = this.client.query(
      `START_REPLICATION SLOT ${quoteIdentifier(slot)} LOGICAL 0/0
       (proto_version '1', publication_names '${quoteIdentifier(publication)}')`,
    );
    streaming.then(
      () => this.fail(new PeerGoneError('PostgreSQL has ended the replication')),
      (error) => this.fail(toPeerGone(error)),
    );
    this.#timer = setInterval(() => this.#sendStatus(false), STATUS_INTERVAL_MS);
  }

  /** The next message, if one is there already. */
  take(): ReplicationMessage | undefined {
    const first = this.#queue[this.#head];
    return first && this.#taken(first);
  }

  /** Resolves with undefined after `waitMs` without a message. Throws what ended the stream. */
  async next(waitMs: number, signal: AbortSignal): Promise<ReplicationMessage | undefined> {
    if (this.#head === this.#queue.length && this.#failure === undefined) await this.#arrival(waitMs, signal);
    const message = this.take();
    if (!message && this.#failure !== undefined) throw this.#failure;
    return message;
  }

  /** Everything before `lsn` may be thrown away by the server. */
  confirm(lsn: bigint): void {
    if (lsn <= this.#confirmed) return;
    this.#confirmed = lsn;
    this.#sendStatus(false);
  }

  /** Asks the server to say how far it has sent. */
  ping(): void {
    this.#sendStatus(true);
  }

  /** Ends the stream: what has arrived is still given, then `next` throws this. */
  fail(error: unknown): void {
    this.#failure ??= error;
    this.#wake?.();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.fail(new PeerGoneError('the replication connection is closed'));
    // A paused socket would never see the server's goodbye.
    this.#connection.stream.resume();
    this.#connection.stream.destroy();
    await this.client.end().catch(() => undefined);
  }

  get #connection(): CopyConnection {
    return (this.client as unknown as { connection: CopyConnection }).connection;
  }

  #receive(chunk: Buffer): void {
    try {
      if (chunk[0] === XLOG_DATA) {
        this.#push(this.#decoder.decode(chunk.subarray(XLOG_HEADER_BYTES)), chunk.length);
      } else if (chunk[0] === KEEPALIVE) {
        if (chunk[17] === 1) this.#sendStatus(false);
        this.#push({ tag: 'keepalive', walEnd: chunk.readBigUInt64BE(1) }, chunk.length);
      }
    } catch (error) {
      this.fail(error);
    }
  }

  #push(message: ReplicationMessage, bytes: number): void {
    this.#queue.push({ message, bytes });
    this.#queuedBytes += bytes;
    if (this.#queuedBytes > QUEUE_BYTES_MAX) this.#connection.stream.pause();
    this.#wake?.();
  }

  #taken({ message, bytes }: { message: ReplicationMessage; bytes: number }): ReplicationMessage {
    this.#head++;
    this.#queuedBytes -= bytes;
    if (this.#head === this.#queue.length) {
      this.#queue = [];
      this.#head = 0;
    }
    if (this.#queuedBytes < QUEUE_BYTES_MAX / 2 && this.#connection.stream.isPaused()) this.#connection.stream.resume();
    return message;
  }

  #arrival(waitMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        this.#wake = undefined;
        resolve();
      };
      const timer = setTimeout(done, waitMs);
      signal.addEventListener('abort', done);
      this.#wake = done;
      if (signal.aborted) done();
    });
  }

  #sendStatus(asksForReply: boolean): void {
    if (this.#failure !== undefined) return;
    const status = Buffer.alloc(34);
    status[0] = 0x72;
    for (const offset of [1, 9, 17]) status.writeBigUInt64BE(this.#confirmed, offset);
    status.writeBigInt64BE(toPostgresTime(Date.now()), 25);
    status[33] = asksForReply ? 1 : 0;
    this.#connection.sendCopyFromChunk(status);
  }
}
