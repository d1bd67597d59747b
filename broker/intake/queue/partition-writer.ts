import { setTimeout as delay, setImmediate as endOfTurn } from 'node:timers/promises';
import type { SourceOp } from '../../../proto/event/event.js';
import type { PublishResult } from '../../../proto/frames/frames.js';
import type { Metrics } from '../../metrics/metrics.js';
import type { Bus } from '../../nats/bus.js';
import {
  asStoreError,
  DuplicateInBatchError,
  StoreUnavailableError,
  WrongExpectedSequenceError,
} from '../../nats/store-errors.js';
import { eventStream } from '../../nats/streams.js';
import { CommitBatch } from '../commit/commit-batch.js';
import { CommitPolicy } from '../commit/commit-policy.js';
import { type Outcome, sendBatch } from '../commit/send-batch.js';
import { batchRefused, isCertainlyNotStored, storeProblem } from '../commit/store-problem.js';
import type { Quarantine } from '../quarantine/quarantine.js';
import { findDuplicates } from '../source-progress/find-duplicates.js';
import { ParkedSources } from '../source-progress/parked-sources.js';
import { RecentIds } from '../source-progress/recent-ids.js';
import { duplicateOf, positionRefusals, screenEvent } from '../source-progress/screen-event.js';
import { SourceTable } from '../source-progress/source-table.js';
import type { SourceWatermarks } from '../source-progress/source-watermarks.js';
import type { WatermarkCheckpoint } from '../source-progress/watermark-checkpoint.js';
import type { Backlog } from './backlog.js';
import { UnitQueue } from './unit-queue.js';
import { type Unit, WaitingBatch, type WaitingEvent } from './waiting-event.js';

export interface WriterDeps {
  bus: Bus;
  partition: number;
  /** The store has several servers, and may lose the one that leads in the middle of a commit. */
  isReplicated: boolean;
  backlog: Backlog;
  quarantine: Quarantine;
  checkpoint: WatermarkCheckpoint;
  metrics: Metrics;
  clock: () => number;
  /** Told of errors that no one foresaw; they are answered as INTERNAL, which says nothing. */
  onUnexpected: (error: unknown) => void;
  /** The queue has changed since the last call. */
  onQueue: () => void;
}

/** Each refusal that can be removed costs one; two brokers that take turns on one source need some. */
const ATTEMPTS_MAX = 8;

/** An election of another leader takes 4 to 8 s; what was in flight is answered after it, and neither refused nor overtaken. */
const WAIT_OUT_MS = 12_000;
const WAIT_OUT_PAUSE_MS = 200;

/**
 * Writes the events of one partition in the order in which they came, one commit after the other: whatever waits when
 * one is acknowledged makes up the next. An event is answered after JetStream's ack and never before.
 */
export class PartitionWriter {
  readonly backlog: Backlog;
  readonly #deps: WriterDeps;
  readonly #stream: string;
  readonly #queue = new UnitQueue();
  readonly #recent: RecentIds;
  readonly #sources: SourceTable;
  readonly #held: ParkedSources;
  readonly #policy = new CommitPolicy();
  /** Read again from the store when the round is over. */
  readonly #doubted = new Set<SourceWatermarks>();
  #isRunning = false;
  /** The store is between two leaders: the commit goes again after a pause. */
  #isWaitingOut = false;
  #whenIdle: (() => void)[] = [];

  constructor(deps: WriterDeps) {
    this.#deps = deps;
    this.backlog = deps.backlog;
    this.#stream = eventStream(deps.partition);
    this.#recent = new RecentIds(deps.clock);
    this.#sources = new SourceTable(deps.partition);
    this.#held = new ParkedSources({
      bus: deps.bus,
      quarantine: deps.quarantine,
      checkpoint: deps.checkpoint,
      sources: this.#sources,
      recent: this.#recent,
      settle: (event, result) => this.#settle(event, result),
      fail: (event, error) => this.#fail(event, error),
      release: (units) => {
        this.#queue.putBack(units);
        this.#start();
      },
    });
  }

  add(unit: Unit): void {
    if (unit instanceof WaitingBatch) for (const event of unit.events) this.backlog.add(event.size);
    else this.backlog.add(unit.size);
    this.#queue.push(unit);
    this.#start();
  }

  /** An event that is not taken for the moment: what follows it of its source must not overtake it. */
  noteRefusal(event: WaitingEvent): void {
    const { place } = event.fields;
    if (place) this.#sources.of(event)?.refuse(event, place);
  }

  /** The connection was lost: what is known of the log may not hold any more. */
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
    return !this.#isRunning && this.#queue.isEmpty && this.#held.isEmpty;
  }

  #start(): void {
    if (!this.#isRunning) void this.#run();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    do {
      // What the sockets hold by now goes with it: a commit costs the store about as much as five hundred events.
      await endOfTurn();
      const round = this.#takeBatch();
      this.#deps.onQueue();
      const again = round.events.length > 0 ? await this.#commit(round) : [];
      round.close();
      for (const source of this.#doubted) source.isCurrent = false;
      this.#doubted.clear();
      if (this.#isWaitingOut) await delay(WAIT_OUT_PAUSE_MS);
      this.#isWaitingOut = false;
      // What goes again comes before what was set aside behind it.
      if (again.length > 0) this.#queue.putBack([...again, ...this.#held.takeFresh()]);
      else this.#held.serveFresh();
    } while (!this.#queue.isEmpty);
    this.#isRunning = false;
    this.#deps.onQueue();
    if (this.#isIdle) for (const resolve of this.#whenIdle.splice(0)) resolve();
  }

  #takeBatch(): CommitBatch {
    const round = new CommitBatch(this.#policy.nextCommitMax());
    for (let unit = this.#queue.peek(); unit && round.accepts(unit); unit = this.#queue.peek()) {
      this.#queue.shift();
      if (this.#held.add(unit)) continue;
      if (unit instanceof WaitingBatch) this.#screenBatch(unit, round);
      else this.#screen(unit, round, unit);
    }
    return round;
  }

  /** `unit` is what is held when the event can't be decided on. */
  #screen(event: WaitingEvent, round: CommitBatch, unit: Unit): void {
    const source = this.#sources.of(event);
    const screening = screenEvent(event, source, this.#recent, round);
    if (screening.kind === 'take') round.add(event, source);
    else if (screening.kind === 'hold') this.#held.hold(unit);
    else if (screening.kind === 'follow') round.follow(screening.leader, event);
    else this.#settle(event, screening.result);
  }

  /** All of its events belong to one source. Those that are stored already leave it; the rest is one commit. */
  #screenBatch(batch: WaitingBatch, round: CommitBatch): void {
    const source = this.#sources.of(batch.events.find((event) => event.fields.place) ?? batch.events[0]!);
    if (source && !source.isCurrent) {
      this.#held.hold(batch);
      return;
    }
    const problems = source ? positionRefusals(batch.events, source) : [];
    if (problems.some((problem) => problem !== undefined)) {
      for (const [i, event] of batch.events.entries()) {
        const problem = problems[i] ?? batchRefused(event.fields.id, event.fields.route.entry);
        this.noteRefusal(event);
        this.#settle(event, { id: event.fields.id, problem });
      }
      return;
    }
    for (const event of batch.events) this.#screen(event, round, event);
    if (round.events.length > 0) round.batch = batch;
  }

  /** Answers what is stored or failed; returns the units that go again, in their order. */
  async #commit(round: CommitBatch): Promise<Unit[]> {
    const { bus, metrics, partition } = this.#deps;
    const startedAt = performance.now();
    const way = round.way(this.#policy, this.#deps.isReplicated);
    let outcomes = await sendBatch(bus.publisher, round.messages(), way);
    const ms = performance.now() - startedAt;
    if (outcomes[0] instanceof DuplicateInBatchError) outcomes = await this.#tellDuplicatesApart(round, outcomes);
    if (!outcomes.some((outcome) => outcome instanceof Error)) this.#policy.measured(way, outcomes.length, ms);
    const again: WaitingEvent[] = [];
    const accepted = new Map<SourceOp, number>();
    for (const [i, event] of round.events.entries()) {
      const outcome = outcomes[i]!;
      if (!(outcome instanceof Error)) {
        this.#onStored(round, event, outcome);
        if (!outcome.duplicate) accepted.set(event.fields.op, (accepted.get(event.fields.op) ?? 0) + 1);
      } else if (this.#goesAgain(round, event, outcome)) again.push(event, ...round.followersOf(event));
      else for (const one of [event, ...round.followersOf(event)]) this.#fail(one, outcome);
    }
    for (const [op, events] of accepted) metrics.intake.eventsAccepted(partition, op, events);
    metrics.intake.committed(partition, round.events.length, ms / 1000);
    if (again.length === 0) return again;
    again.sort((a, b) => a.fields.arrival - b.fields.arrival);
    if (!round.batch) return again;
    round.batch.events = again;
    return [round.batch];
  }

  #goesAgain(round: CommitBatch, event: WaitingEvent, error: Error): boolean {
    if (error instanceof StoreUnavailableError) return this.#waitsOut(round, event);
    const isDuplicate = error instanceof DuplicateInBatchError;
    if (!isDuplicate && !(error instanceof WrongExpectedSequenceError)) return false;
    if (++event.attempts > ATTEMPTS_MAX) return false;
    const source = round.source(event.fields.route.subject);
    if (source && !isDuplicate) source.isCurrent = false;
    return true;
  }

  /** Sent again with the same ids: what was stored without our knowing is a duplicate then. */
  #waitsOut(round: CommitBatch, event: WaitingEvent): boolean {
    const now = performance.now();
    event.waitsSinceMs ??= now;
    // A lost connection to one server of several is soon replaced; of an only one it is told at once.
    const isWorthIt = this.#deps.isReplicated || this.#deps.bus.isUp();
    if (!isWorthIt || now - event.waitsSinceMs > WAIT_OUT_MS) return false;
    const source = round.source(event.fields.route.subject);
    if (source) source.isCurrent = false;
    this.#isWaitingOut = true;
    return true;
  }

  /**
   * By itself a duplicate is answered with its position; after a restart usually all of them are duplicates. But what must
   * not be stored in part is not sent singly, and neither is what would change its order if a leader were lost under way:
   * then the log tells, and while it can't be read the commit waits as for a store that is away.
   */
  async #tellDuplicatesApart(round: CommitBatch, outcomes: Outcome[]): Promise<Outcome[]> {
    try {
      const { bus, isReplicated } = this.#deps;
      const isRead = round.batch !== undefined || isReplicated;
      const isFound = isRead && (await findDuplicates(bus, this.#stream, round.events, this.#recent));
      if (!isFound && !round.batch) for (const event of round.events) event.goesAlone = true;
      return outcomes;
    } catch (error) {
      return outcomes.map(() => asStoreError(error));
    }
  }

  #onStored(round: CommitBatch, event: WaitingEvent, { position, duplicate }: Exclude<Outcome, Error>): void {
    const { id = '', route } = event.fields;
    this.#recent.add(route.subject, id, position);
    const source = round.source(route.subject);
    if (source) this.#moveOn(source, event, { position, duplicate });
    this.#settle(event, duplicate ? duplicateOf(event, position) : { id, position });
    for (const follower of round.followersOf(event)) this.#settle(follower, duplicateOf(follower, position));
  }

  #moveOn(source: SourceWatermarks, event: WaitingEvent, { position, duplicate }: Exclude<Outcome, Error>): void {
    const { place } = event.fields;
    if (!duplicate) source.advance(position);
    if (place) source.epoch(place.epoch).advance(place.position, position);
    this.#deps.checkpoint.touch(source);
  }

  /** A source that goes back often begins with some that are stored. */
  #noteDuplicate(event: WaitingEvent): void {
    const { place } = event.fields;
    if (place) this.#sources.of(event)?.epoch(place.epoch).came(event);
  }

  /** It may be that another broker has taken by now what this one is waiting for. */
  #noteBlocked(event: WaitingEvent): void {
    this.noteRefusal(event);
    const source = this.#sources.of(event);
    if (source) this.#doubted.add(source);
  }

  #fail(event: WaitingEvent, error: unknown): void {
    const source = this.#sources.of(event);
    if (source && !isCertainlyNotStored(error)) source.isCurrent = false;
    this.noteRefusal(event);
    const problem = storeProblem(error);
    if (problem.code === 'INTERNAL') this.#deps.onUnexpected(error);
    const { id, route } = event.fields;
    this.#settle(event, { id, problem: { ...problem, event: id, entry: route.entry } });
  }

  #settle(event: WaitingEvent, result: PublishResult): void {
    this.backlog.remove(event.size);
    if (result.duplicate) this.#noteDuplicate(event);
    else if (result.problem?.code === 'PRECEDING_FAILED') this.#noteBlocked(event);
    if (result.problem) this.#deps.metrics.intake.eventRefused(result.problem.code);
    else if (result.duplicate) this.#deps.metrics.intake.eventDuplicate();
    event.settle(result);
  }
}
