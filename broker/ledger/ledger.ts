import { SluiceError } from '../../proto/errors.js';
import type { LedgerMetrics } from '../metrics/ledger-metrics.js';
import type { Bus } from '../nats/bus.js';
import { Follower } from '../nats/read/follower.js';
import type { StoredMessage } from '../nats/stored-message.js';
import { LEDGER_STREAM } from '../nats/streams.js';
import { whenAvailable } from '../nats/when-available.js';
import type { AppendOptions } from './append-lanes.js';
import { Appender, type Guard } from './appender.js';
import { hashOf } from './chain.js';
import type { CheckpointHead, Checkpoints } from './checkpoint/checkpoints.js';
import { LedgerBrokenError } from './ledger-errors.js';
import { type Fold, LedgerState } from './ledger-state.js';
import {
  type LedgerQuery,
  readLedger,
  storedBytesAfter,
  type Verification,
  verifyLedger,
  verifyUpTo,
} from './read-ledger.js';
import type { Act, LedgerRecord } from './record.js';
import { SubjectSequences } from './subject-sequences.js';

export type { Fold } from './ledger-state.js';

export interface LedgerDeps {
  bus: Bus;
  metrics: LedgerMetrics;
  clock: () => number;
  /** Time without confirmation after which `isFresh` turns false. */
  staleAfterMs: number;
  /** Each receives every record from the first on, in this order. A fold that throws makes the ledger unusable. */
  folds: readonly Fold[];
  /** Undefined while the folds have capacity for more records; otherwise resolves when they have. Only a start waits for it. */
  backpressure?: (() => Promise<void> | undefined) | undefined;
  /** State of the folds in a file, which spares the start most of the records. */
  checkpoints?: Checkpoints | undefined;
  /** Called once when a later record breaks the chain; from then on the ledger is not fresh. */
  onBroken?: ((error: LedgerBrokenError) => void) | undefined;
  /** Resolves when rights that a record has ended are used nowhere any more; appending an act that ends rights waits for it. */
  untilEnded?: ((seq: number) => Promise<void>) | undefined;
}

/** The append-only, hash-chained record of every governance act, followed live. */
export class Ledger {
  readonly #deps: LedgerDeps;
  readonly #state: LedgerState;
  readonly #appender: Appender;
  readonly #follower: Follower;
  readonly #subjects: SubjectSequences;
  readonly #ending = new AbortController();
  #wasFresh = false;

  /** Resolves when everything is read, checked and folded. Rejects with LedgerBrokenError when the chain does not hold. */
  static async open(deps: LedgerDeps): Promise<Ledger> {
    const subjects = new SubjectSequences();
    const from = await deps.checkpoints?.load(subjects, (head) => isOfLedger(deps.bus, head));
    const ledger = new Ledger(deps, subjects, from);
    try {
      await ledger.#read();
      if (from) void ledger.#verifyBefore(from);
    } catch (error) {
      await ledger.close();
      throw error;
    }
    return ledger;
  }

  private constructor(deps: LedgerDeps, subjects: SubjectSequences, from: CheckpointHead | undefined) {
    this.#deps = deps;
    this.#subjects = subjects;
    this.#state = new LedgerState(deps.folds, subjects, from);
    this.#state.onRecord(() => this.#onFolded());
    this.#appender = new Appender({ ...deps, state: this.#state });
    this.#follower = new Follower(deps.bus, {
      stream: LEDGER_STREAM,
      after: this.#state.head,
      onMessage: (message) => this.#take(message),
      backpressure: () => (this.#state.isComplete ? undefined : deps.backpressure?.()),
      onCaughtUp: () => this.#onCaughtUp(),
      onTruncated: (last) => this.#break(new LedgerBrokenError(last + 1, 'it was there before and is gone')),
    });
  }

  /** Sequence of the newest record that was folded. */
  get head(): number {
    return this.#state.head;
  }

  /** False when the ledger has been stale for too long or is broken: what it last said may no longer be true. */
  get isFresh(): boolean {
    const isFresh = this.#state.broken === undefined && this.isFollowed;
    if (isFresh !== this.#wasFresh) this.#deps.metrics.freshnessChanged(isFresh);
    this.#wasFresh = isFresh;
    return isFresh;
  }

  /** False when the ledger has been stale for too long. A broken one may still be followed. */
  get isFollowed(): boolean {
    // By the monotonic clock, as the follower measures; `clock` may be a test's.
    return performance.now() - this.lastSeenAtMs <= this.#deps.staleAfterMs;
  }

  get lastSeenAtMs(): number {
    return this.#follower.lastSeenAtMs;
  }

  /**
   * Appends the act that `guard` decides on, or nothing when it returns undefined. The guard runs against folded
   * state and runs again when another broker was faster. Resolves when the record is stored and folded here.
   */
  async append(guard: () => Act | undefined, options?: AppendOptions): Promise<LedgerRecord | undefined> {
    const [record] = await this.appendAll(() => {
      const act = guard();
      return act ? [act] : [];
    }, options);
    return record;
  }

  /**
   * Like `append` for many acts: all or none of up to 1,000; more are divided into several such batches, unless they
   * have to be `atomic`. The guard may read asynchronously; it runs again when a record was folded meanwhile. Acts that end
   * rights resolve later than that, when the rights have ended everywhere; they wait in no lane for it.
   */
  async appendAll(guard: Guard, options?: AppendOptions): Promise<LedgerRecord[]> {
    const records = await this.#appender.appendAll(guard, options);
    // Also where nothing was appended: an earlier call may have ended the right just now.
    if (options?.endsRights) await this.#deps.untilEnded?.(records.at(-1)?.seq ?? this.head);
    return records;
  }

  /** Folds what other brokers have stored by now, as far as the store can be reached; then reads here know it. */
  async caughtUp(): Promise<void> {
    await this.#appender.caughtUp();
  }

  /** Resolves when record `seq` is folded here; rejects when it did not come in time, or the ledger breaks or closes. */
  reached(seq: number, withinMs: number): Promise<void> {
    return this.#state.reached(seq, withinMs);
  }

  /** Calls `fn` with every later record, those of other brokers included; returns the function that stops it. */
  onRecord(fn: Fold): () => void {
    return this.#state.onRecord(fn);
  }

  /** Records in ascending order, at most 1,000 at a time. */
  read(query: LedgerQuery): Promise<LedgerRecord[]> {
    return readLedger(this.#deps.bus, query);
  }

  /**
   * Stored bytes of the records after a sequence, in order and without a gap, at most 1,000 and as many as one page
   * holds; none at the end.
   */
  bytesAfter(seq: number, limit?: number): Promise<Uint8Array[]> {
    return storedBytesAfter(this.#deps.bus, seq, limit);
  }

  /** Reads the whole ledger again and checks the chain. */
  verify(): Promise<Verification> {
    return verifyLedger(this.#deps.bus);
  }

  async close(): Promise<void> {
    this.#ending.abort();
    await this.#follower.stop();
    if (!this.#state.broken) await this.#deps.checkpoints?.close(this.#state, this.#subjects);
    this.#state.stop(new SluiceError('SHUTTING_DOWN', 'the broker is shutting down'));
  }

  #read(): Promise<void> {
    const complete = this.#state.untilComplete();
    void this.#follower.start();
    return complete;
  }

  /** The records that a checkpoint stands for are checked while the bus serves; one that does not hold breaks the ledger. */
  async #verifyBefore(from: CheckpointHead): Promise<void> {
    const { bus, metrics } = this.#deps;
    const onProgress = (unchecked: number): void => metrics.uncheckedNow(unchecked);
    const broken = await verifyUpTo(bus, from, { signal: this.#ending.signal, onProgress });
    if (broken) this.#break(broken);
  }

  #take(message: StoredMessage): void {
    try {
      this.#state.take(message.position, message.subject, message.data);
      this.#deps.metrics.recordRead(this.#state.head);
    } catch (error) {
      this.#break(error as LedgerBrokenError);
    }
  }

  /** Not before the end of the ledger is reached: what a start has folded half would be written again and again. */
  #onFolded(): void {
    if (this.#state.isComplete) this.#deps.checkpoints?.folded(this.#state, this.#subjects);
  }

  #onCaughtUp(): void {
    this.#state.complete();
    this.#onFolded();
    void this.isFresh;
  }

  #break(error: LedgerBrokenError): void {
    if (this.#state.broken) return;
    this.#state.break(error);
    this.#deps.metrics.broken();
    this.#deps.metrics.freshnessChanged(false);
    this.#deps.onBroken?.(error);
  }
}

/** Whether that is a record of the ledger in the store. */
async function isOfLedger(bus: Bus, { head, hash }: CheckpointHead): Promise<boolean> {
  try {
    const [bytes] = await whenAvailable(() => storedBytesAfter(bus, head - 1, 1));
    return bytes !== undefined && hashOf(bytes) === hash;
  } catch (error) {
    if (error instanceof LedgerBrokenError) return false;
    throw error;
  }
}
