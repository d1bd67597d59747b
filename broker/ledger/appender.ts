import { setTimeout as delay } from 'node:timers/promises';
import { SluiceError } from '../../proto/errors.js';
import type { LedgerMetrics } from '../metrics/ledger-metrics.js';
import type { Bus } from '../nats/bus.js';
import { streamEnds } from '../nats/read/log-reader.js';
import { StoreRefusedError, StoreUnavailableError, WrongExpectedSequenceError } from '../nats/store-errors.js';
import { LEDGER_STREAM } from '../nats/streams.js';
import { AppendLanes, type AppendOptions } from './append-lanes.js';
import { assertOneBatch, batchEnd, encodeBatch, type LedgerBatch } from './ledger-batch.js';
import type { LedgerState } from './ledger-state.js';
import type { Act, LedgerRecord } from './record.js';

/** Each conflict means that another broker's act was stored, so this many in a row are an overload. */
const CONFLICTS_MAX = 50;
/** Attempts with the same bytes after an answer that never came. */
const RESENDS_MAX = 5;
/** Covers a restart of the server or an election. */
const CATCH_UP_MS = 15_000;
const CATCH_UP_PAUSE_MS = 100;
/** A refusal waits no longer for records of other brokers. */
const LOOK_AHEAD_MS = 2_000;

/** Decides on acts for the state that record `head` has made; throws what the caller is refused with. */
export type Guard = (head: number) => Act[] | Promise<Act[]>;

export interface AppenderDeps {
  bus: Bus;
  metrics: LedgerMetrics;
  clock: () => number;
  state: LedgerState;
}

/**
 * Appends acts one after the other. The expected last sequence of the stream keeps several brokers on one chain: at
 * most one writer gets the next sequence; all others catch up, run their guard again and retry.
 */
export class Appender {
  readonly #deps: AppenderDeps;
  readonly #lanes = new AppendLanes();

  constructor(deps: AppenderDeps) {
    this.#deps = deps;
  }

  appendAll(guard: Guard, options: AppendOptions = {}): Promise<LedgerRecord[]> {
    return this.#lanes.run(() => this.#decideAndStore(guard, options), options);
  }

  async #decideAndStore(guard: Guard, options: AppendOptions): Promise<LedgerRecord[]> {
    const { state } = this.#deps;
    const stored: LedgerRecord[] = [];
    let isFinal = false;
    const isBehind = async (head: number): Promise<boolean> => {
      if (isFinal) return false;
      isFinal = (await this.caughtUp()) > head;
      return isFinal;
    };
    for (let conflicts = 0; conflicts <= CONFLICTS_MAX; conflicts++) {
      if (state.broken) throw new SluiceError('STORE_UNAVAILABLE', state.broken.message, {}, { cause: state.broken });
      const { head } = state;
      let acts: Act[];
      try {
        const decided = guard(head);
        // A guard that answers at once is not awaited: nothing can be folded between its decision and the write then.
        acts = decided instanceof Promise ? await decided : decided;
      } catch (error) {
        if (await isBehind(head)) continue;
        throw error;
      }
      // A decision for nothing takes no sequence either, which would show that it came too late.
      if (acts.length === 0) {
        if (await isBehind(head)) continue;
        return stored;
      }
      if (options.atomic) assertOneBatch(acts);
      if (state.head === head && (await this.#storeAll(acts, stored, options))) return stored;
      this.#deps.metrics.conflict();
    }
    throw new SluiceError('STORE_UNAVAILABLE', `other brokers were faster ${CONFLICTS_MAX} times in a row`);
  }

  /**
   * Folds what other brokers have stored by now; resolves with the newest record that is known. With the store out of reach
   * that is what was known before. docs/decisions/0204
   */
  async caughtUp(): Promise<number> {
    const { bus, state } = this.#deps;
    if (state.broken || !bus.isUp()) return state.head;
    try {
      const { last } = await streamEnds(bus, LEDGER_STREAM);
      await state.reached(last, LOOK_AHEAD_MS);
    } catch {
      // A store that does not answer leaves what is known here.
    }
    return state.head;
  }

  /** Returns false when another broker was faster; acts stored until then are in `stored` and folded. */
  async #storeAll(acts: Act[], stored: LedgerRecord[], options: AppendOptions): Promise<boolean> {
    for (let offset = 0; offset < acts.length; ) {
      const end = batchEnd(acts, offset);
      const records = await this.#store(acts.slice(offset, end), options);
      if (!records) return false;
      stored.push(...records);
      offset = end;
    }
    return true;
  }

  async #store(acts: Act[], { endsRights }: AppendOptions): Promise<LedgerRecord[] | undefined> {
    const { state, clock, metrics } = this.#deps;
    const startedAtMs = performance.now();
    const time = new Date(clock()).toISOString();
    const { head, hash } = state;
    const lastOf = (subject: string): number => state.lastOf(subject);
    const batch = encodeBatch(acts, { head, hash, time, lastOf, endsRights });
    const collected: LedgerRecord[] = [];
    const end = state.onRecord((record) => collected.push(record));
    try {
      if (!(await this.#send(batch, collected))) return undefined;
    } finally {
      end();
    }
    metrics.appended(acts[0]!.kind, acts.length, (performance.now() - startedAtMs) / 1000);
    metrics.recordRead(state.head);
    return collected.slice(0, acts.length);
  }

  /** Returns true when the batch is stored and folded, false when another record took its sequence. */
  async #send(batch: LedgerBatch, collected: readonly LedgerRecord[]): Promise<boolean> {
    for (let attempt = 0; attempt <= RESENDS_MAX; attempt++) {
      try {
        await this.#publish(batch);
        this.#foldNow(batch);
        return true;
      } catch (error) {
        if (!mayBeStored(error)) throw refusalOf(error);
      }
      await this.#catchUp();
      if (this.#isStored(batch, collected)) return true;
      if (this.#deps.state.head !== batch.after) return false;
      // Nothing arrived, so the same bytes may be sent again: should the lost ones still arrive, the expected sequence
      // admits only one of the two.
    }
    throw new StoreUnavailableError('the ledger did not take the act', true);
  }

  async #publish(batch: LedgerBatch): Promise<void> {
    const { publisher } = this.#deps.bus;
    const [only] = batch.messages;
    if (batch.messages.length === 1) await publisher.publish(only!);
    else await publisher.publishBatch(batch.messages);
  }

  /** The acknowledgement says that the batch is stored right after `after`, so the follower need not be awaited. */
  #foldNow(batch: LedgerBatch): void {
    for (const [index, { subject, data }] of batch.messages.entries()) {
      this.#deps.state.take(batch.after + 1 + index, subject, data);
    }
  }

  /** Reads back after an unknown outcome: the hash chain shows whether the record at our sequence is ours. */
  #isStored(batch: LedgerBatch, collected: readonly LedgerRecord[]): boolean {
    const { state } = this.#deps;
    const lastSeq = batch.after + batch.messages.length;
    if (state.head === lastSeq) return state.hash === batch.lastHash;
    return collected.find((record) => record.seq === lastSeq + 1)?.prev === batch.lastHash;
  }

  async #catchUp(): Promise<void> {
    const { bus, state } = this.#deps;
    const deadlineMs = performance.now() + CATCH_UP_MS;
    while (performance.now() < deadlineMs) {
      try {
        if (bus.isUp()) {
          const { last } = await streamEnds(bus, LEDGER_STREAM);
          return await state.reached(last, deadlineMs - performance.now());
        }
      } catch (error) {
        if (state.broken) throw new SluiceError('STORE_UNAVAILABLE', state.broken.message, {}, { cause: error });
      }
      await delay(CATCH_UP_PAUSE_MS);
    }
    throw new StoreUnavailableError('the ledger is stale; whether the act was stored is not known', true);
  }
}

const mayBeStored = (error: unknown): boolean =>
  error instanceof WrongExpectedSequenceError || (error instanceof StoreUnavailableError && error.uncertain);

/** JetStream codes 10054 and 10199: larger than the server accepts. */
function refusalOf(error: unknown): unknown {
  if (!(error instanceof StoreRefusedError)) return error;
  const code = error.natsCode === 10054 ? 'TOO_LARGE' : 'INTERNAL';
  return new SluiceError(code, `the ledger cannot take the document: ${error.message}`, {}, { cause: error });
}
