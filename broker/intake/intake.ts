import { type ErrorCode, type Problem, problemDocument, toProblem } from '../../proto/errors.js';
import type { SourceOp } from '../../proto/event/event.js';
import type { PublishResult } from '../../proto/frames/frames.js';
import { messageId, quarantineSubject } from '../../proto/subject.js';
import { isMap } from '../../proto/values/is-map.js';
import { EventMemory } from '../event-log/event-memory.js';
import type { Metrics } from '../metrics/metrics.js';
import type { Bus } from '../nats/bus.js';
import type { SystemCaller } from '../parties/caller.js';
import type { QuotaNotice } from '../parties/quotas/quota-notice.js';
import type { EventTraces } from '../traces/event-traces.js';
import { AcceptedEvents } from './accepted-events.js';
import { eventsOfBatch, refusalOfBatch, refusedInBatch } from './commit/atomic-batch.js';
import type { OnStored } from './commit/commit.js';
import { EventResults } from './event-results.js';
import type { IntakeLimits } from './intake-limits.js';
import { Quarantine } from './quarantine/quarantine.js';
import { encodeQuarantined } from './quarantine/quarantine-record.js';
import { Backlog } from './queue/backlog.js';
import { PartitionWriter } from './queue/partition-writer.js';
import { WaitingBatch, WaitingEvent, type WaitingFields } from './queue/waiting-event.js';
import { type QuotaLimits, Quotas } from './quotas/quotas.js';
import { sourcePositionOf } from './source-progress/source-position.js';
import { WatermarkCheckpoint } from './source-progress/watermark-checkpoint.js';
import { routeOf } from './validate/event-route.js';
import type { RawEvent } from './validate/event-shape.js';
import { LookUpOnce } from './validate/look-up-once.js';
import { isPrintableId } from './validate/printable.js';
import { sourceTraceOf } from './validate/trace-context.js';
import { type EntryLookup, type ValidationResult, validateEvent } from './validate/validate-event.js';

export interface IntakeDeps {
  bus: Bus;
  store: { partitions: number };
  replicas: number;
  catalog: EntryLookup;
  metrics: Metrics;
  traces?: EventTraces | undefined;
  clock: () => number;
  limits: IntakeLimits;
  quotas: QuotaLimits;
  /** The bus has a platform registration. */
  isLawful?: boolean;
  /** False while the ledger is stale: a token or right may have been withdrawn, so nothing is taken. */
  isLedgerFollowed: () => boolean;
  /** Gets errors that nobody foresaw; they are answered as INTERNAL, which says nothing. */
  onUnexpected?: ((error: unknown) => void) | undefined;
  /** Called for each event that was stored, in the order of its partition's log. */
  onStored?: OnStored | undefined;
  /** Called now and then with whose rejected events the store did not take into quarantine. */
  onQuarantineMissed?: ((message: string, error: unknown) => void) | undefined;
  /** Called now and then with whose events are quarantined. */
  onQuarantined?: ((message: string) => void) | undefined;
  quotaNotice: Pick<QuotaNotice, 'eventsRefused'>;
}

/** The common part of the events of one call. */
interface Call {
  caller: SystemCaller;
  flow: object;
  entries: EntryLookup;
  results: EventResults;
  /** When it was taken: its events are handled in one turn of the event loop. */
  nowMs: number;
  /** Why none of them is taken at the moment. */
  refusal: Problem | undefined;
}

/** Windows and pauses are measured by it: setting the wall clock must not end them. */
const monotonicMs = (): number => performance.now();

/**
 * Takes events of authenticated systems, stores them in order of arrival and answers each when it is on disk.
 *
 * An event is validated at once and then queued for the partition of its entry, whose writer commits whatever has gathered. A
 * rejected event goes to quarantine: in the background, but in its turn when it has a source position. Memory is
 * bounded twice: callers are asked to wait by `backpressure()`, and those that do not are refused with TOO_MANY.
 */
export class Intake {
  readonly accepted = new AcceptedEvents();
  readonly #deps: IntakeDeps;
  readonly #writers: PartitionWriter[];
  readonly #quarantine: Quarantine;
  readonly #quotas: Quotas;
  readonly #checkpoint: WatermarkCheckpoint;
  readonly #endStatus: () => void;
  /** Readers of this process keep the bytes of stored events as they are, each partition in its order. */
  readonly #memories: readonly EventMemory[];
  readonly #memoryOf = (partition: number): EventMemory => this.#memories[partition]!;
  #arrivals = 0;
  #isDraining = false;

  constructor(deps: IntakeDeps) {
    const { bus, metrics, limits, store, onUnexpected = () => {} } = deps;
    this.#deps = deps;
    const quarantine = new Quarantine({
      publisher: bus.publisher,
      metrics: metrics.intake,
      clock: monotonicMs,
      limits: limits.quarantine,
      onMissed: deps.onQuarantineMissed ?? (() => {}),
      onKept: deps.onQuarantined ?? (() => {}),
    });
    this.#quotas = new Quotas({
      bus,
      partitions: store.partitions,
      limits: deps.quotas,
      clockMs: monotonicMs,
      notice: deps.quotaNotice,
    });
    this.#memories = Array.from({ length: store.partitions }, () => new EventMemory());
    const checkpoint = new WatermarkCheckpoint(bus.publisher);
    this.#quarantine = quarantine;
    this.#checkpoint = checkpoint;
    const shared = {
      bus,
      metrics,
      traces: deps.traces,
      accepted: this.accepted,
      clock: monotonicMs,
      onUnexpected,
      onStored: guarded(deps.onStored, onUnexpected),
      quarantine,
      checkpoint,
      isReplicated: deps.replicas > 1,
    };
    const onQueue = (): void => this.#reportQueue();
    this.#writers = Array.from(
      { length: store.partitions },
      (_none, partition) => new PartitionWriter({ ...shared, onQueue, partition, backlog: new Backlog(limits) }),
    );
    this.#endStatus = bus.onStatus((up) => {
      if (!up) for (const writer of this.#writers) writer.interrupted();
    });
  }

  /**
   * Resolves with the results in the order of the events when all of them are decided, and does not reject: failures are
   * results. `flow` is the session or request that the events came over; without it they are a flow of their own.
   */
  publish(caller: SystemCaller, events: readonly unknown[], flow: object = {}): Promise<PublishResult[]> {
    const call = this.#callOf(caller, flow, events.length);
    const { results } = call;
    for (let i = 0; i < events.length; i++) {
      const event = events[i];
      if (isMap(event)) this.#take(call, event, i);
      else results.set(i, this.#refused(undefined, notAnEvent()));
    }
    return results.all;
  }

  /**
   * Stores all or none of up to 1,000 events of one entry; those that were stored before are answered as duplicates and left
   * out. Throws when the batch cannot be looked at event by event. A refusal is returned at once, so that the
   * caller knows it before its next call.
   */
  publishAtomic(
    caller: SystemCaller,
    values: readonly unknown[],
    flow: object = {},
  ): PublishResult[] | Promise<PublishResult[]> {
    const events = eventsOfBatch(values);
    const call = this.#callOf(caller, flow, events.length);
    const { results } = call;
    const judged = events.map((event) => this.#judge(call, event));
    const refusal = this.#isDraining ? shuttingDown() : refusalOfBatch(judged);
    if (refusal || judged.some((one) => !one.accepted)) {
      return judged.map((one) => this.#counted(refusedInBatch(one, refusal)));
    }
    const [first, ...rest] = judged.map((one, i) => new WaitingEvent(this.#fields(call, events[i]!, one), results, i));
    if (!first) return [];
    const unit = new WaitingBatch([first, ...rest]);
    const writer = this.#writers[first.fields.route.partition]!;
    const problem =
      call.refusal ??
      (writer.backlog.hasCapacity(unit.events.length, unit.size)
        ? this.#quotas.refusal(caller, unit.events.length, unit.size)
        : tooManyWait());
    if (problem) return unit.events.map((event) => this.#refusedForNow(writer, event, problem));
    writer.add(unit);
    return results.all;
  }

  /** Counts an event that was refused before it came here. */
  refusedBefore(code: ErrorCode): void {
    this.#deps.metrics.intake.eventRefused(code);
  }

  /** Undefined while there is capacity; else resolves when one backlog has dropped below its low-water mark. */
  backpressure(): Promise<void> | undefined {
    for (const { backlog } of this.#writers) {
      const drained = backlog.backpressure();
      if (drained) return drained;
    }
    return this.#quarantine.backpressure();
  }

  /** Takes nothing new and resolves when everything taken is answered and the watermarks are written. */
  async drain(): Promise<void> {
    this.#isDraining = true;
    await Promise.all(this.#writers.map((writer) => writer.idle()));
    await this.#quarantine.drain();
    await this.#checkpoint.stop();
    this.#endStatus();
  }

  #callOf(caller: SystemCaller, flow: object, events: number): Call {
    const { catalog, clock } = this.#deps;
    const [entries, results] = [new LookUpOnce(catalog), new EventResults(events)];
    return { caller, flow, entries, results, nowMs: clock(), refusal: this.#refusalOfAll() };
  }

  #take(call: Call, event: RawEvent, index: number): void {
    const { results } = call;
    if (this.#isDraining) {
      results.set(index, this.#refused(isPrintableId(event.id) ? event.id : undefined, shuttingDown()));
      return;
    }
    const judged = this.#judge(call, event);
    if (judged.accepted) this.#queue(call, event, judged, index);
    // Without an entry of the caller's own there is no quarantine that anyone would be entitled to read.
    else if (!judged.entry) results.set(index, this.#refused(judged.id, judged.problem));
    else if (sourcePositionOf(event)) this.#queue(call, event, judged, index);
    else this.#keepRejected(call, event, judged, index);
  }

  #queue(call: Call, event: RawEvent, judged: ValidationResult, index: number): void {
    const waiting = new WaitingEvent(this.#fields(call, event, judged), call.results, index);
    const writer = this.#writers[judged.entry!.version.partition]!;
    const problem =
      call.refusal ??
      (writer.backlog.hasCapacity(1, waiting.size) ? this.#quotaProblem(call.caller, waiting) : tooManyWait());
    if (problem) call.results.set(index, this.#refusedForNow(writer, waiting, problem));
    else writer.add(waiting);
  }

  #refusalOfAll(): Problem | undefined {
    if (this.#deps.isLedgerFollowed()) return undefined;
    return problemDocument('LEDGER_OUT_OF_SIGHT', 'the ledger is stale: rights cannot be checked, try again');
  }

  #quotaProblem(caller: SystemCaller, { fields, size }: WaitingEvent): Problem | undefined {
    if (!fields.refusal) return this.#quotas.refusal(caller, 1, size);
    const full = this.#quotas.quarantineRefusal(caller);
    return full === undefined ? undefined : problemDocument('STORE_FULL', full);
  }

  #judge({ caller, entries, nowMs }: Call, event: RawEvent): ValidationResult {
    const { limits, isLawful } = this.#deps;
    try {
      const deps = { entries, maxEventBytes: limits.maxEventBytes, isLawful, memoryOf: this.#memoryOf };
      return validateEvent(deps, caller, event, nowMs);
    } catch (error) {
      // The entry does not compile: none of its events is taken, so none can overtake this one.
      this.#deps.onUnexpected?.(error);
      return { accepted: false, id: undefined, entry: undefined, problem: toProblem(error) };
    }
  }

  #fields({ caller, flow }: Call, event: RawEvent, judged: ValidationResult): WaitingFields {
    const { trace: sourceTrace, isMalformed } = sourceTraceOf(event);
    if (isMalformed) this.#deps.metrics.intake.traceContextDropped();
    return {
      id: judged.id,
      op: event.op as SourceOp,
      route: routeOf(judged.entry!.version, caller.id),
      sourcePosition: sourcePositionOf(event),
      arrival: ++this.#arrivals,
      flow,
      sourceTrace,
      arrivedAtMs: this.#deps.traces && Date.now(),
      bytes: judged.accepted ? judged.bytes : undefined,
      refusal: judged.accepted
        ? undefined
        : { problem: judged.problem, record: this.#quarantineRecord(caller, event, judged) },
    };
  }

  /** Nothing waits for a rejected event without source position; its answer waits, so that its sender cannot outrun the store. */
  #keepRejected(
    { caller, results }: Call,
    event: RawEvent,
    judged: ValidationResult & { accepted: false },
    index: number,
  ): void {
    const { id, entry, problem } = judged;
    const full = this.#quotas.quarantineRefusal(caller);
    if (full !== undefined) {
      this.#deps.metrics.intake.quarantineMissed(caller.party);
      results.set(index, this.#refused(id, { ...problem, detail: `${problem.detail}; it is not kept: ${full}` }));
      return;
    }
    if (!this.#quarantine.keep(this.#quarantineRecord(caller, event, judged), problem.code)) {
      const where = { event: id, entry: entry!.version.id };
      results.set(
        index,
        this.#refused(id, problemDocument('TOO_MANY', 'too many refused events wait for quarantine already', where)),
      );
      return;
    }
    const refused = this.#refused(id, problem);
    const drained = this.#quarantine.backpressure();
    if (drained) void drained.then(() => results.set(index, refused));
    else results.set(index, refused);
  }

  #quarantineRecord(caller: SystemCaller, event: RawEvent, judged: ValidationResult & { accepted: false }) {
    const compiled = judged.entry!;
    const entry = compiled.version.id;
    const { item } = judged.problem;
    return {
      subject: quarantineSubject(entry, caller.id),
      party: caller.party,
      item: item !== undefined && compiled.history.definitions.has(item) ? item : undefined,
      key: `${messageId(caller.id, entry, judged.id ?? '')}/${judged.problem.code}`,
      bytes: encodeQuarantined(event, judged.problem, sourcePositionOf(event), this.#deps.clock()),
    };
  }

  #refused(id: string | undefined, problem: Problem): PublishResult {
    return this.#counted({ id, problem });
  }

  #refusedForNow(writer: PartitionWriter, event: WaitingEvent, problem: Problem): PublishResult {
    writer.notTaken(event);
    const { id, route } = event.fields;
    return this.#counted({ id, problem: { ...problem, event: id, entry: route.entry } });
  }

  #counted(refused: PublishResult): PublishResult {
    if (refused.problem) this.#deps.metrics.intake.eventRefused(refused.problem.code);
    return refused;
  }

  #reportQueue(): void {
    let events = 0;
    let bytes = 0;
    for (const { backlog } of this.#writers) {
      events += backlog.events;
      bytes += backlog.bytes;
    }
    this.#deps.metrics.intake.queueChanged(events, bytes);
  }
}

/** An error of a listener for stored events must not stop the writer of the partition. */
function guarded(onStored: OnStored | undefined, onUnexpected: (error: unknown) => void): OnStored {
  return (partition, subject, position, data, sentAtMs) => {
    try {
      onStored?.(partition, subject, position, data, sentAtMs);
    } catch (error) {
      onUnexpected(error);
    }
  };
}

/** A value that is not even an object has no entry and no id. */
const notAnEvent = (): Problem => problemDocument('EVENT_INVALID', 'an event must be an object');
const tooManyWait = (): Problem => problemDocument('TOO_MANY', 'too many events of this partition wait already');
const shuttingDown = (): Problem => problemDocument('SHUTTING_DOWN', 'the broker takes no more events');
