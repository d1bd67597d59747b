import type { Socket } from 'node:net';
import type pg from 'pg';
import { PeerGoneError, SourceUnfitError } from '../../runtime/connector-errors.js';
import { connectPostgres, quoteIdentifier, toPeerGone } from '../../runtime/postgres-client.js';
import { type ChangeMessage, PgoutputDecoder } from './pgoutput-decoder.js';
import { toPostgresTime } from './postgres-clock.js';

/** A message of the stream. A keepalive: everything committed before `walEnd` was sent. */
export type ReplicationMessage = ChangeMessage | { tag: 'keepalive'; walEnd: bigint };

/** The part of pg's undocumented Connection that the copy-both mode needs (docs/decisions/0390). */
interface CopyConnection {
  stream: Socket;
  on(event: 'copyData', listener: (message: { chunk: Buffer }) => void): void;
  sendCopyFromChunk(chunk: Buffer): void;
}

const XLOG_DATA = 0x77;
const KEEPALIVE = 0x6b;
const XLOG_HEADER_BYTES = 25;
/** Read-ahead: some hundred milliseconds of work. Messages that live longer cost the garbage collector more than decoding them. */
const QUEUE_BYTES_MAX = 512 * 1024;
/** The server closes a connection that is silent for wal_sender_timeout, by default a minute. */
const STATUS_INTERVAL_MS = 10_000;

/**
 * The replication protocol over pg's connection.
 *
 * The replication service of pg-logical-replication would be the obvious choice, but it confirms one byte more than it is given: when
 * a commit record begins exactly there, the server skips that transaction after a restart. It also lets keepalives
 * overtake buffered changes.
 *
 * Invariants: messages and keepalives keep their order; nothing is confirmed that `confirm` was not called with; at most
 * `QUEUE_BYTES_MAX` is read ahead, then the socket is paused. See docs/decisions/0020.
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

  /** The server's system identifier, and its timeline, which changes with every promotion and point-in-time recovery. */
  async identify(): Promise<{ systemId: string; timeline: number }> {
    try {
      const { rows } = await this.client.query<{ systemid: string; timeline: string }>('IDENTIFY_SYSTEM');
      return { systemId: rows[0]!.systemid, timeline: Number(rows[0]!.timeline) };
    } catch (error) {
      throw toPeerGone(error);
    }
  }

  /** Starts streaming after the slot's confirmed LSN. When the slot is in use, `next` throws PeerGoneError. */
  start(slot: string, publication: string): void {
    this.#connection.on('copyData', ({ chunk }) => this.#receive(chunk));
    this.client.on('error', (error) => this.fail(toPeerGone(error)));
    const streaming = this.client.query(
      `START_REPLICATION SLOT ${quoteIdentifier(slot)} LOGICAL 0/0
       (proto_version '1', publication_names '${quoteIdentifier(publication)}')`,
    );
    streaming.then(
      () => this.fail(new PeerGoneError('PostgreSQL ended the replication stream')),
      (error) => this.fail(toPeerGone(error)),
    );
    this.#timer = setInterval(() => this.#sendStatus(false), STATUS_INTERVAL_MS);
  }

  /** The next message if it was received already. */
  take(): ReplicationMessage | undefined {
    const first = this.#queue[this.#head];
    return first && this.#dequeue(first);
  }

  /** Resolves with undefined after `waitMs` without a message. Throws the error that ended the stream. */
  async next(waitMs: number, signal: AbortSignal): Promise<ReplicationMessage | undefined> {
    if (this.#head === this.#queue.length && this.#failure === undefined) await this.#messageOrTimeout(waitMs, signal);
    const message = this.take();
    if (!message && this.#failure !== undefined) throw this.#failure;
    return message;
  }

  /** Confirms `lsn`: the server may remove WAL before it. */
  confirm(lsn: bigint): void {
    if (lsn <= this.#confirmed) return;
    this.#confirmed = lsn;
    this.#sendStatus(false);
  }

  /** Asks the server for a keepalive. */
  ping(): void {
    this.#sendStatus(true);
  }

  /** Ends the stream: received messages are still returned, then `next` throws this error. */
  fail(error: unknown): void {
    this.#failure ??= error;
    this.#wake?.();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.fail(new PeerGoneError('the replication connection is closed'));
    // A paused socket would never receive the end of the connection.
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
        this.#enqueue(this.#decoder.decode(chunk, XLOG_HEADER_BYTES), chunk.length);
      } else if (chunk[0] === KEEPALIVE) {
        if (chunk[17] === 1) this.#sendStatus(false);
        this.#enqueue({ tag: 'keepalive', walEnd: chunk.readBigUInt64BE(1) }, chunk.length);
      }
    } catch (error) {
      const act = 'if it stays so, remove the state file, and all tables are read again';
      this.fail(
        new SourceUnfitError(`a message of the replication stream cannot be decoded; ${act}`, { cause: error }),
      );
    }
  }

  #enqueue(message: ReplicationMessage, bytes: number): void {
    this.#queue.push({ message, bytes });
    this.#queuedBytes += bytes;
    if (this.#queuedBytes > QUEUE_BYTES_MAX) this.#connection.stream.pause();
    this.#wake?.();
  }

  #dequeue({ message, bytes }: { message: ReplicationMessage; bytes: number }): ReplicationMessage {
    this.#head++;
    this.#queuedBytes -= bytes;
    if (this.#head === this.#queue.length) {
      this.#queue = [];
      this.#head = 0;
    }
    if (this.#queuedBytes < QUEUE_BYTES_MAX / 2 && this.#connection.stream.isPaused()) this.#connection.stream.resume();
    return message;
  }

  #messageOrTimeout(waitMs: number, signal: AbortSignal): Promise<void> {
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
