import type { Problem } from '../../../proto/errors.js';
import type { SourceOp } from '../../../proto/event/event.js';
import type { PublishResult } from '../../../proto/frames/frames.js';
import { messageId } from '../../../proto/subject.js';
import type { OutMessage } from '../../nats/write/out-message.js';
import { BATCH_MESSAGES_MAX } from '../../nats/write/publisher.js';
import type { EventResults } from '../event-results.js';
import type { QuarantineEntry } from '../quarantine/quarantine-record.js';
import type { SourcePosition } from '../source-progress/source-position.js';
import type { EventRoute } from '../validate/event-route.js';
import type { SourceTrace } from '../validate/trace-context.js';

/** An event as it joins the queue of its partition. */
export interface WaitingFields {
  id: string | undefined;
  op: SourceOp;
  route: EventRoute;
  sourcePosition: SourcePosition | undefined;
  /** Running number over all events that intake took: tells which ones came before and after a failure. */
  arrival: number;
  /** The session or request that it came over: the events of one flow arrive in the order in which they were sent. */
  flow: object;
  /** The trace in which its source published it. */
  sourceTrace?: SourceTrace | undefined;
  /** When it arrived, in Unix time; only where traces are written. */
  arrivedAtMs?: number | undefined;
  /** The stored form; undefined for a rejected event that waits for its turn to be quarantined. */
  bytes: Uint8Array | undefined;
  refusal: { problem: Problem; record: QuarantineEntry } | undefined;
}

/** One event between its arrival and its answer. It is its own message to the store: another object would be kept for as long. */
export class WaitingEvent implements OutMessage {
  readonly size: number;
  /** Commits that were refused for a reason that can be removed. */
  attempts = 0;
  /** Events of its next commit: fewer after one that was refused for a duplicate, which the store names only when it comes alone. */
  commitMax = BATCH_MESSAGES_MAX;
  /** Since when the store has not taken it, though the store is connected. */
  waitingSinceMs: number | undefined;
  /** Set by its commit batch. */
  expectLastSubject: number | undefined;

  constructor(
    readonly fields: WaitingFields,
    private readonly results: EventResults,
    /** Its place among the results of its call. */
    private readonly index: number,
  ) {
    this.size = fields.bytes?.length ?? fields.refusal?.record.bytes.length ?? 0;
  }

  /** The id that tells duplicates for some minutes; undefined where the source position does, for ever. See docs/decisions/0420. */
  get identity(): string | undefined {
    const { id = '', sourcePosition } = this.fields;
    return sourcePosition ? undefined : id;
  }

  /**
   * The id of the message. One with a source position needs none: its commit expects the end of its subject, and everything up to there
   * is below the watermark that it was judged by.
   */
  get id(): string | undefined {
    const { identity } = this;
    const { route } = this.fields;
    return identity === undefined ? undefined : messageId(route.system, route.entry, identity);
  }

  get subject(): string {
    return this.fields.route.subject;
  }

  get data(): Uint8Array {
    return this.fields.bytes!;
  }

  get ttlSeconds(): number | undefined {
    return this.fields.route.ttlSeconds;
  }

  settle(result: PublishResult): void {
    this.results.set(this.index, result);
  }

  get isAtomic(): boolean {
    return false;
  }

  get events(): readonly [WaitingEvent] {
    return [this];
  }

  get first(): WaitingEvent {
    return this;
  }

  get positioned(): WaitingEvent {
    return this;
  }

  get system(): string {
    return this.fields.route.system;
  }
}

/** An atomic batch: its events belong to one source and are stored all or none. */
export class WaitingBatch {
  readonly size: number;

  constructor(readonly events: readonly [WaitingEvent, ...WaitingEvent[]]) {
    this.size = events.reduce((sum, event) => sum + event.size, 0);
  }

  get isAtomic(): boolean {
    return true;
  }

  get first(): WaitingEvent {
    return this.events[0];
  }

  /** An event with a source position where there is one: it makes its source known. */
  get positioned(): WaitingEvent {
    return this.events.find((event) => event.fields.sourcePosition) ?? this.first;
  }

  get system(): string {
    return this.first.fields.route.system;
  }
}

/** One place in the queue. A single event is one by itself: an object around it would be kept for as long as the event. */
export type WaitingUnit = WaitingEvent | WaitingBatch;
