import type { SourceOp } from '../../../proto/event/event.js';
import type { Metrics } from '../../metrics/metrics.js';
import type { Bus } from '../../nats/bus.js';
import { asStoreError, DuplicateInBatchError } from '../../nats/store-errors.js';
import { eventStream } from '../../nats/streams.js';
import type { EventTraces } from '../../traces/event-traces.js';
import type { AcceptedEvents } from '../accepted-events.js';
import type { EventOutcomes } from '../queue/event-outcomes.js';
import { WaitingBatch, type WaitingEvent, type WaitingUnit } from '../queue/waiting-event.js';
import { findDuplicates } from '../source-progress/find-duplicates.js';
import type { RecentIds } from '../source-progress/recent-ids.js';
import { duplicateOf } from '../source-progress/screen-event.js';
import { afterFailure } from './after-failure.js';
import type { CommitBatch } from './commit-batch.js';
import type { CommitPolicy } from './commit-policy.js';
import { type Outcome, sendBatch } from './send-batch.js';

export interface CommitDeps {
  bus: Bus;
  partition: number;
  isReplicated: boolean;
  policy: CommitPolicy;
  recent: RecentIds;
  outcomes: EventOutcomes;
  metrics: Metrics;
  traces: EventTraces | undefined;
  accepted: AcceptedEvents;
  onStored: OnStored;
}

/**
 * Called for each stored event, in ascending order; `data` may be kept, `sentAtMs` is when its commit was sent, by the monotonic
 * clock.
 */
export type OnStored = (
  partition: number,
  subject: string,
  position: number,
  data: Uint8Array,
  sentAtMs: number,
) => void;

/** Work that a commit leaves: events to retry, and failed ones that others must not overtake. */
export interface Unfinished {
  /** In their order; they go before everything that arrived behind them. */
  retry: WaitingUnit[];
  /** Answered with their failure. */
  failed: WaitingEvent[];
  /** The store has no leader at the moment: retry after a pause. */
  isStoreAway: boolean;
}

/**
 * Sends the commit batches of one partition and settles each event: stored, found as a duplicate, failed, or to be retried.
 *
 * JetStream refuses an atomic batch for a duplicate without naming it. Sending the members singly names it (`CommitBatch.divide`), but an
 * atomic batch of a source must not be stored in part, and in a replicated stream singles could change their order when
 * a leader is lost; there the log is searched instead. Invariants: an event is sent again only with the same message
 * id, or expecting the end of its subject, so one that was stored unnoticed is a duplicate then; after an uncertain outcome its
 * source is read again.
 */
export class Commit {
  readonly #deps: CommitDeps;
  readonly #stream: string;

  constructor(deps: CommitDeps) {
    this.#deps = deps;
    this.#stream = eventStream(deps.partition);
  }

  async run(batch: CommitBatch): Promise<Unfinished> {
    if (batch.events.length === 0) return { retry: [], failed: [], isStoreAway: false };
    const { bus, metrics, policy, isReplicated } = this.#deps;
    const startedAt = performance.now();
    const mode = batch.mode(policy, isReplicated);
    let outcomes = await sendBatch(bus.publisher, batch.messages(), mode);
    const ms = performance.now() - startedAt;
    if (outcomes[0] instanceof DuplicateInBatchError) outcomes = await this.#findDuplicates(batch, outcomes);
    if (!outcomes.some((outcome) => outcome instanceof Error)) policy.measured(mode, outcomes.length, ms);
    const unfinished = this.#settle(batch, outcomes);
    this.#report(batch, outcomes, startedAt);
    metrics.intake.committed(batch.events.length, ms / 1000);
    batch.close();
    return unfinished;
  }

  #settle(batch: CommitBatch, outcomes: readonly Outcome[]): Unfinished {
    const retry: WaitingEvent[] = [];
    const failed: WaitingEvent[] = [];
    const accepted = new Map<SourceOp, number>();
    let isStoreAway = false;
    const isRepeated = batch.events.some(({ waitingSinceMs }) => waitingSinceMs !== undefined);
    for (let i = 0; i < batch.events.length; i++) {
      const event = batch.events[i]!;
      const outcome = outcomes[i]!;
      if (!(outcome instanceof Error)) {
        this.#stored(batch, event, outcome);
        if (outcome.duplicate) continue;
        const { op, route } = event.fields;
        accepted.set(op, (accepted.get(op) ?? 0) + 1);
        this.#deps.accepted.accepted(route.entry);
        continue;
      }
      const next = this.#afterFailure(batch, event, outcome, isRepeated);
      if (next === 'wait') isStoreAway = true;
      const concerned = [event, ...batch.followersOf(event)];
      if (next !== 'fail') retry.push(...concerned);
      else {
        failed.push(event);
        for (const one of concerned) this.#deps.outcomes.failed(one, outcome);
      }
    }
    for (const [op, events] of accepted) this.#deps.metrics.intake.eventsAccepted(this.#deps.partition, op, events);
    return { retry: unitsOf(retry, batch.isAtomic), failed, isStoreAway };
  }

  #report(batch: CommitBatch, outcomes: readonly Outcome[], sentAtMs: number): void {
    const { partition, onStored } = this.#deps;
    for (let i = 0; i < batch.events.length; i++) {
      const { fields } = batch.events[i]!;
      const outcome = outcomes[i]!;
      if (outcome instanceof Error || outcome.duplicate) continue;
      onStored(partition, fields.route.subject, outcome.position, fields.bytes!, sentAtMs);
    }
  }

  #stored(batch: CommitBatch, event: WaitingEvent, { position, duplicate }: Exclude<Outcome, Error>): void {
    const { outcomes } = this.#deps;
    const source = batch.source(event);
    if (duplicate) outcomes.foundInStore(event, position, source);
    else {
      outcomes.stored(event, position, source);
      if (this.#deps.traces) this.#trace(event, position, this.#deps.traces);
    }
    for (const follower of batch.followersOf(event)) outcomes.answered(follower, duplicateOf(follower, position));
  }

  #trace({ fields }: WaitingEvent, position: number, traces: EventTraces): void {
    const { partition } = this.#deps;
    const { op, arrivedAtMs = Date.now(), sourceTrace } = fields;
    traces.accepted({ entry: fields.route.entry, partition, position, op, arrivedAtMs, sourceTrace });
  }

  /** `isRepeated`: an event of the commit was sent before without an outcome, and what refused that one refused all of them. */
  #afterFailure(
    batch: CommitBatch,
    event: WaitingEvent,
    error: Error,
    isRepeated: boolean,
  ): ReturnType<typeof afterFailure> {
    const { bus, isReplicated } = this.#deps;
    const now = performance.now();
    const { attempts, waitingSinceMs = isRepeated ? now : undefined } = event;
    const next = afterFailure(error, { attempts, waitingSinceMs }, now, { isReplicated, isUp: bus.isUp() });
    if (next === 'retry') event.attempts++;
    if (next === 'wait') event.waitingSinceMs ??= now;
    // A duplicate says nothing about the end of the subject; every other failure may mean that it has moved.
    if (next !== 'fail' && !(error instanceof DuplicateInBatchError)) batch.source(event)?.doubt();
    return next;
  }

  /**
   * Sent singly, a duplicate is answered with its position; after a restart usually all events are duplicates. Where singles are
   * forbidden the log is searched, and while it cannot be read the commit waits as for a store that is away.
   */
  async #findDuplicates(batch: CommitBatch, outcomes: Outcome[]): Promise<Outcome[]> {
    const { bus, isReplicated, recent } = this.#deps;
    try {
      const mustRead = batch.isAtomic || isReplicated;
      const isFound = mustRead && (await findDuplicates(bus, this.#stream, batch.events, recent));
      if (!isFound && !batch.isAtomic) batch.divide();
      return outcomes;
    } catch (error) {
      return outcomes.map(() => asStoreError(error));
    }
  }
}

function unitsOf(events: WaitingEvent[], isAtomic: boolean): WaitingUnit[] {
  events.sort((a, b) => a.fields.arrival - b.fields.arrival);
  const [first, ...rest] = events;
  if (!first) return [];
  return isAtomic ? [new WaitingBatch([first, ...rest])] : events;
}
