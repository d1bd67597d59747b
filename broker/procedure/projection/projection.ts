import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { type ErrorCode, SluiceError } from '../../../proto/errors.js';
import { hashOf } from '../../ledger/chain.js';
import type { Ledger } from '../../ledger/ledger.js';
import { Feeder } from './feed/feeder.js';
import type { FromThread, Question, ToThread } from './thread-messages.js';

export interface ProjectionDeps {
  ledger: Pick<Ledger, 'head' | 'bytesAfter' | 'onRecord'>;
  /** Folder of the SQLite files; each process takes one of its own. */
  folder: string;
  warn(message: string, error?: unknown): void;
}

/** Covers a file that is made anew on a small ledger, and a store that elects a leader. */
const ANSWER_MS_MAX = 15_000;
/** Questions that were asked and not answered. */
const ASKED_MAX = 10_000;
const RESTART_MIN_MS = 100;
const RESTART_MAX_MS = 10_000;
/** Heap of the thread; SQLite's own memory comes on top. */
const THREAD_HEAP_MIB_MAX = 192;

interface Asked {
  resolve(outcome: { answer: unknown } | 'behind'): void;
  reject(error: unknown): void;
}

/**
 * The projection of the ledger as one thread with one SQLite file. Owns the thread: starts it, feeds it, starts it again
 * when it ends, and has the file made anew when its newest record is not the ledger's. Decision: docs/decisions/0135.
 */
export class Projection {
  readonly #deps: ProjectionDeps;
  readonly #feeder: Feeder;
  readonly #asked = new Map<number, Asked>();
  #calls = 0;
  #thread: Worker | undefined;
  #restartMs = RESTART_MIN_MS;
  #isClosing = false;
  /** By the monotonic clock; undefined while the tables have every record that is folded. */
  #behindSinceMs: number | undefined;
  readonly #stopNoting: () => void;

  constructor(deps: ProjectionDeps) {
    this.#deps = deps;
    const { ledger } = deps;
    this.#feeder = new Feeder({
      readAfter: (seq) => ledger.bytesAfter(seq),
      head: () => ledger.head,
      send: (batch) => this.#post({ op: 'take', ...batch }, [batch.bytes.buffer as ArrayBuffer]),
      onFailed: (error) => deps.warn('the projection cannot read the ledger, it tries again', error),
    });
    this.#stopNoting = ledger.onRecord(({ seq }, bytes) => {
      this.#behindSinceMs ??= performance.now();
      this.#feeder.note(seq, bytes);
    });
    this.#start();
  }

  /** Undefined while the thread keeps up with the records that are folded; otherwise resolves when it does, or is stuck. */
  backpressure(): Promise<void> | undefined {
    return this.#feeder.backpressure();
  }

  /** Time that the tables have lacked a record that was folded, or that there has been no thread to answer; 0 while they have all. */
  get lagSeconds(): number {
    return this.#behindSinceMs === undefined ? 0 : (performance.now() - this.#behindSinceMs) / 1000;
  }

  /** Resolves when every record that was folded at the time of the call is in the tables, however long that takes. */
  async untilCaughtUp(): Promise<void> {
    const { head } = this.#deps.ledger;
    this.#feeder.wake();
    while (!this.#isClosing) {
      await this.#untilSent(head);
      const outcome = await this.#askThread(head, { what: 'due', beforeMs: 0, limit: 0 }).catch(
        () => 'behind' as const,
      );
      if (outcome !== 'behind') return;
      await delay(RESTART_MIN_MS);
    }
  }

  /** Answers for a state that has record `upTo`. Rejects with STORE_UNAVAILABLE when it is not there in time. */
  async ask(question: Question, upTo = this.#deps.ledger.head): Promise<unknown> {
    const deadlineMs = performance.now() + ANSWER_MS_MAX;
    while (performance.now() < deadlineMs && !this.#isClosing) {
      await this.#untilSent(upTo, deadlineMs - performance.now());
      if (this.#feeder.sent < upTo) break;
      const outcome = await this.#askThread(upTo, question);
      if (outcome !== 'behind') return outcome.answer;
      await delay(RESTART_MIN_MS);
    }
    throw unavailable();
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    this.#stopNoting();
    this.#feeder.stop();
    const thread = this.#thread;
    if (!thread) return;
    const ended = new Promise<void>((resolve) => thread.once('exit', () => resolve()));
    this.#post({ op: 'close' });
    await Promise.race([ended, delay(ANSWER_MS_MAX, undefined, { ref: false })]);
    await thread.terminate();
  }

  #start(): void {
    if (this.#isClosing) return;
    const thread = new Worker(new URL('./projection-thread.js', import.meta.url), {
      workerData: { folder: this.#deps.folder },
      resourceLimits: { maxOldGenerationSizeMb: THREAD_HEAP_MIB_MAX },
    });
    this.#thread = thread;
    thread.on('message', (message: FromThread) => this.#onMessage(message));
    thread.on('error', (error) => this.#deps.warn('the projection of files failed and starts again', error));
    thread.once('exit', () => this.#onExit());
  }

  #onExit(): void {
    this.#thread = undefined;
    this.#behindSinceMs ??= performance.now();
    this.#feeder.pause();
    for (const { resolve } of this.#asked.values()) resolve('behind');
    this.#asked.clear();
    if (this.#isClosing) return;
    setTimeout(() => this.#start(), this.#restartMs).unref();
    this.#restartMs = Math.min(this.#restartMs * 2, RESTART_MAX_MS);
  }

  #onMessage(message: FromThread): void {
    if (message.event === 'opened') void this.#onOpened(message.head, message.hash);
    else if (message.event === 'taken') {
      this.#restartMs = RESTART_MIN_MS;
      this.#feeder.taken(message.head);
      this.#hasTaken(message.head);
    } else if (message.event === 'remade') this.#deps.warn(`the projection of files is made anew: ${message.why}`);
    else this.#settle(message);
  }

  /** The file is of use when its newest record is the ledger's. */
  async #onOpened(head: number, hash: string): Promise<void> {
    this.#feeder.pause();
    const thread = this.#thread;
    const fits = head === 0 || (await this.#fits(head, hash, thread));
    if (thread !== this.#thread || this.#isClosing) return;
    if (fits) {
      this.#feeder.startAt(head);
      this.#hasTaken(head);
    } else this.#post({ op: 'remake' });
  }

  #hasTaken(head: number): void {
    if (head >= this.#deps.ledger.head) this.#behindSinceMs = undefined;
  }

  async #fits(head: number, hash: string, thread: Worker | undefined): Promise<boolean> {
    while (thread === this.#thread && !this.#isClosing) {
      try {
        const [bytes] = await this.#deps.ledger.bytesAfter(head - 1, 1);
        return bytes !== undefined && hashOf(bytes) === hash;
      } catch (error) {
        this.#deps.warn('the projection cannot read the ledger, it tries again', error);
        await delay(RESTART_MAX_MS / 10, undefined, { ref: false });
      }
    }
    return false;
  }

  #post(message: ToThread, transferred: ArrayBuffer[] = []): void {
    this.#thread?.postMessage(message, transferred);
  }

  /** Rejects with TOO_MANY. Resolves with `behind` when the thread does not have the record. */
  #askThread(upTo: number, question: Question): Promise<{ answer: unknown } | 'behind'> {
    if (!this.#thread) return Promise.resolve('behind');
    if (this.#asked.size >= ASKED_MAX) {
      return Promise.reject(new SluiceError('TOO_MANY', `${ASKED_MAX} reads of files are waiting, try again later`));
    }
    const call = ++this.#calls;
    return new Promise((resolve, reject) => {
      this.#asked.set(call, { resolve, reject });
      this.#post({ op: 'ask', call, upTo, question });
    });
  }

  #settle(message: Extract<FromThread, { call: number }>): void {
    const asked = this.#asked.get(message.call);
    this.#asked.delete(message.call);
    if (message.event === 'answer') asked?.resolve({ answer: message.answer });
    else if (message.event === 'behind') asked?.resolve('behind');
    else asked?.reject(new SluiceError(message.code as ErrorCode, message.message));
  }

  /** Resolves when record `seq` was sent to the thread, or the time is up. */
  #untilSent(seq: number, withinMs = Number.POSITIVE_INFINITY): Promise<void> {
    if (this.#feeder.sent >= seq) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        end();
        clearTimeout(timer);
        resolve();
      };
      const end = this.#feeder.onSent(() => {
        if (this.#feeder.sent >= seq || this.#isClosing) done();
      });
      const timer = Number.isFinite(withinMs) ? setTimeout(done, withinMs) : undefined;
    });
  }
}

const unavailable = (): SluiceError =>
  new SluiceError('STORE_UNAVAILABLE', 'the files are not read up to this record yet, try again later');
