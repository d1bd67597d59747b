import { setTimeout as delay, setImmediate as endOfTurn } from 'node:timers/promises';
import { isLoopContended } from '../../../proto/async/shared-turns.js';
import type { Metrics } from '../../metrics/metrics.js';
import type { Bus } from '../../nats/bus.js';
import { BATCH_MESSAGES_MAX } from '../../nats/write/publisher.js';
import type { EventTraces } from '../../traces/event-traces.js';
import type { AcceptedEvents } from '../accepted-events.js';
import { Commit, type OnStored } from '../commit/commit.js';
import { CommitBatch } from '../commit/commit-batch.js';
import { CommitPolicy } from '../commit/commit-policy.js';
import { batchRefused } from '../commit/store-problem.js';
import type { Quarantine } from '../quarantine/quarantine.js';
import type { PositionVerdict } from '../source-progress/epoch-progress.js';
import { ParkedSources } from '../source-progress/parked-sources.js';
import { RecentIds } from '../source-progress/recent-ids.js';
import { positionRefusal, precedingFailed, screenEvent } from '../source-progress/screen-event.js';
import { SourceTable } from '../source-progress/source-table.js';
import type { WatermarkCheckpoint } from '../source-progress/watermark-checkpoint.js';
import type { Backlog } from './backlog.js';
import { BehindFailed } from './behind-failed.js';
import { EventOutcomes } from './event-outcomes.js';
import { UnitQueue } from './unit-queue.js';
import type { WaitingEvent, WaitingUnit } from './waiting-event.js';

export interface WriterDeps {
  bus: Bus;
  partition: number;
  /** The store has several servers, and may lose the leader in the middle of a commit. */
  isReplicated: boolean;
  backlog: Backlog;
  quarantine: Quarantine;
  checkpoint: WatermarkCheckpoint;
  metrics: Metrics;
  traces?: EventTraces | undefined;
  accepted: AcceptedEvents;
  clock: () => number;
  /** Gets errors that nobody foresaw; they are answered as INTERNAL, which says nothing. */
  onUnexpected: (error: unknown) => void;
  onStored: OnStored;
  /** The queue has changed since the last call. */
  onQueue: () => void;
}

/** A new leader takes 4 to 8 s to be elected; asking more often finds it no sooner. */
const ELECTION_POLL_MS = 200;

/** Bounds the wait for uploads: a fifth of the 250 ms in which events are to be delivered. See docs/decisions/0194. */
const GATHER_MS_MAX = 50;

/**
 * Writes the events of one partition in the order in which they arrived.
 *
 * Committing each event by itself would keep the order, but costs one sync of the disk per event; several commits in flight
 * would be fast, but could be stored out of order. So there is one commit in flight at a time (group commit):
 * whatever waits when it is acknowledged makes up the next. Invariants: an event is answered after JetStream's ack
 * and never before; an event that is retried goes before everything that arrived behind it. See docs/decisions/0031.
 */
export class PartitionWriter {
  readonly backlog: Backlog;
  readonly #queue = new UnitQueue();
  readonly #recent: RecentIds;
  readonly #sources: SourceTable;
  readonly #parked: ParkedSources;
  readonly #outcomes: EventOutcomes;
  readonly #policy = new CommitPolicy();
  readonly #commit: Commit;
  readonly #onQueue: () => void;
  #isRunning = false;
  #whenIdle: (() => void)[] = [];

  constructor(deps: WriterDeps) {
    const { bus, quarantine, checkpoint, backlog, metrics, onUnexpected, onQueue, partition } = deps;
    this.backlog = backlog;
    this.#onQueue = onQueue;
    const recent = new RecentIds(deps.clock);
    const sources = new SourceTable(partition);
    const outcomes = new EventOutcomes({ backlog, sources, recent, checkpoint, metrics, onUnexpected });
    this.#recent = recent;
    this.#sources = sources;
    this.#outcomes = outcomes;
    this.#commit = new Commit({ ...deps, traces: deps.traces, policy: this.#policy, recent, outcomes });
    this.#parked = new ParkedSources({
      bus,
      isReplicated: deps.isReplicated,
      quarantine,
      checkpoint,
      sources,
      outcomes,
      release: (units) => {
        this.#queue.putBack(units);
        this.#start();
      },
    });
  }

  add(unit: WaitingUnit): void {
    if (unit.isAtomic) for (const event of unit.events) this.backlog.add(event.size);
    else this.backlog.add(unit.size);
    this.#queue.push(unit);
    this.#start();
  }

  /** There was no capacity for the event: events that follow it in its source must not pass it. */
  notTaken(event: WaitingEvent): void {
    this.#outcomes.notTaken(event);
  }

  /** The connection was lost: what is known of the log may no longer hold. */
  interrupted(): void {
    this.#recent.clear();
    this.#sources.doubtAll();
  }

  /** Resolves when everything taken is answered. */
  idle(): Promise<void> {
    if (this.#isIdle) return Promise.resolve();
    return new Promise((resolve) => this.#whenIdle.push(resolve));
  }

  get #isIdle(): boolean {
    return !this.#isRunning && this.#queue.isEmpty && this.#parked.isEmpty;
  }

  #start(): void {
    if (!this.#isRunning) void this.#run();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    do {
      // An atomic batch is a commit of its own: nothing would join it.
      if (!this.#queue.peek()?.isAtomic) await this.#gather();
      const batch = this.#takeBatch();
      this.#onQueue();
      const { failed, isStoreAway, ...unfinished } = await this.#commit.run(batch);
      const retry = this.#refuseBehind(failed, unfinished.retry);
      this.#outcomes.doubtBlocked();
      if (isStoreAway) await delay(ELECTION_POLL_MS);
      // Retried events come before those that were parked behind them.
      if (retry.length > 0) this.#queue.putBack([...retry, ...this.#parked.takeFresh()]);
      else this.#parked.serveFresh();
    } while (!this.#queue.isEmpty);
    this.#isRunning = false;
    this.#onQueue();
    if (this.#isIdle) for (const resolve of this.#whenIdle.splice(0)) resolve();
  }

  /**
   * A commit costs the store about as much as five hundred events. So it includes what the sockets hold by now, and what
   * uploads bring in their next turns while the event loop is busy with them anyway.
   */
  async #gather(): Promise<void> {
    const startedAtMs = performance.now();
    do await endOfTurn();
    while (
      isLoopContended() &&
      this.backlog.events < BATCH_MESSAGES_MAX &&
      performance.now() - startedAtMs < GATHER_MS_MAX
    );
  }

  /** Returns the units to retry that did not arrive behind a failed event of their flow. */
  #refuseBehind(failed: readonly WaitingEvent[], retry: WaitingUnit[]): WaitingUnit[] {
    const behind = new BehindFailed(failed);
    if (behind.isEmpty) return retry;
    const refused = [...retry.filter((unit) => behind.has(unit)), ...this.#queue.remove((unit) => behind.has(unit))];
    for (const { events } of refused) {
      for (const event of events) {
        this.#outcomes.answered(event, { id: event.fields.id, problem: precedingFailed(event) });
      }
    }
    return retry.filter((unit) => !behind.has(unit));
  }

  #takeBatch(): CommitBatch {
    const batch = new CommitBatch(this.#policy.nextCommitMax(), this.backlog.events);
    for (let unit = this.#queue.peek(); unit && batch.accepts(unit); unit = this.#queue.peek()) {
      this.#queue.shift();
      if (this.#parked.joins(unit)) continue;
      if (unit.isAtomic) this.#screenAtomic(unit, batch);
      else this.#screen(unit.first, batch, unit);
    }
    return batch;
  }

  /** `unit` is parked when the event cannot be decided yet. */
  #screen(event: WaitingEvent, batch: CommitBatch, unit: WaitingUnit, verdict?: PositionVerdict): void {
    const source = this.#sources.of(event);
    const screening = screenEvent(event, source, this.#recent, batch, verdict);
    if (screening.kind === 'take') batch.add(event, source);
    else if (screening.kind === 'park') this.#parked.park(unit);
    else if (screening.kind === 'follow') batch.follow(screening.leader, event);
    else this.#outcomes.answered(event, screening.result);
  }

  /** Events that are stored already leave the atomic batch; the rest makes up one commit. */
  #screenAtomic(unit: WaitingUnit, batch: CommitBatch): void {
    const source = this.#sources.of(unit.positioned);
    if (source && !source.isCurrent) {
      this.#parked.park(unit);
      return;
    }
    const verdicts = source?.judgeAll(unit.events) ?? [];
    const problems = verdicts.map((verdict, i) => positionRefusal(unit.events[i]!, verdict));
    if (problems.some((problem) => problem !== undefined)) {
      for (const [i, event] of unit.events.entries()) {
        const problem = problems[i] ?? batchRefused(event.fields.id, event.fields.route.entry);
        this.#outcomes.notTaken(event);
        this.#outcomes.answered(event, { id: event.fields.id, problem });
      }
      return;
    }
    for (let i = 0; i < unit.events.length; i++) this.#screen(unit.events[i]!, batch, unit, verdicts[i]);
    batch.isAtomic = batch.events.length > 0;
  }
}
