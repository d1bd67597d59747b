import { type Problem, SluiceError, toProblem } from '../../proto/errors.js';
import type { SourceOp } from '../../proto/event/event.js';
import type { PublishResult, SourceEventInput } from '../../proto/frames/frames.js';
import { messageId, quarantineSubject } from '../../proto/subject.js';
import { isMap } from '../../proto/values/is-map.js';
import type { Metrics } from '../metrics/metrics.js';
import type { Bus } from '../nats/bus.js';
import type { SystemCaller } from '../parties/caller.js';
import { refusalOfBatch, refusedInBatch } from './commit/atomic-batch.js';
import { type EventResult, EventResults } from './event-results.js';
import type { IntakeLimits } from './intake-limits.js';
import { Quarantine } from './quarantine/quarantine.js';
import { encodeQuarantined } from './quarantine/quarantine-record.js';
import { Backlog } from './queue/backlog.js';
import { PartitionWriter } from './queue/partition-writer.js';
import { WaitingBatch, WaitingEvent, type WaitingFields } from './queue/waiting-event.js';
import { sourcePositionOf } from './source-progress/source-position.js';
import { WatermarkCheckpoint } from './source-progress/watermark-checkpoint.js';
import { routeOf } from './validate/event-route.js';
import type { RawEvent } from './validate/event-shape.js';
import { LookUpOnce } from './validate/look-up-once.js';
import { isPrintableId } from './validate/printable.js';
import { type EntryLookup, type ValidationResult, validateEvent } from './validate/validate-event.js';

export interface IntakeDeps {
  bus: Bus;
  store: { partitions: number };
  replicas: number;
  catalog: EntryLookup;
  metrics: Metrics;
  clock: () => number;
  limits: IntakeLimits;
  /** Told of errors that no one foresaw: they are answered as INTERNAL, which says nothing. */
  onUnexpected?: ((error: unknown) => void) | undefined;
  /** Told now and then of refused events that the store did not take. */
  onQuarantineMissed?: ((message: string, error: unknown) => void) | undefined;
}

/** What the events of one call have in common. */
interface Call {
  caller: SystemCaller;
  flow: object;
  entries: EntryLookup;
}

/** Takes events of authenticated systems: validates, stores in order of arrival, answers when they are on disk. */
export class Intake {
  readonly #deps: IntakeDeps;
  readonly #writers: PartitionWriter[];
  readonly #quarantine: Quarantine;
  readonly #checkpoint: WatermarkCheckpoint;
  readonly #endStatus: () => void;
  #arrivals = 0;
  #isDraining = false;

  constructor(deps: IntakeDeps) {
    const { bus, metrics, clock, limits, store, onUnexpected = () => {} } = deps;
    this.#deps = deps;
    this.#quarantine = new Quarantine({
      publisher: bus.publisher,
      metrics: metrics.intake,
      clock,
      limits: limits.quarantine,
      onMissed: deps.onQuarantineMissed ?? (() => {}),
    });
    this.#checkpoint = new WatermarkCheckpoint(bus.publisher);
    const isReplicated = deps.replicas > 1;
    const rooms = { quarantine: this.#quarantine, checkpoint: this.#checkpoint };
    const onQueue = (): void => this.#reportQueue();
    this.#writers = Array.from({ length: store.partitions }, (_none, partition) => {
      const backlog = new Backlog(limits);
      return new PartitionWriter({
        bus,
        metrics,
        clock,
        onUnexpected,
        onQueue,
        ...rooms,
        partition,
        isReplicated,
        backlog,
      });
    });
    this.#endStatus = bus.onStatus((up) => {
      if (!up) for (const writer of this.#writers) writer.interrupted();
    });
  }

  /**
   * Answers in the order of the events, when all are there. It does not reject: what went wrong is in the result. `flow` is the
   * session or request that they came over; without one they are a flow of their own.
   */
  publish(caller: SystemCaller, events: readonly unknown[], flow: object = {}): Promise<PublishResult[]> {
    const answers = new EventResults(events.length);
    const call: Call = { caller, flow, entries: new LookUpOnce(this.#deps.catalog) };
    for (let i = 0; i < events.length; i++) {
      const event = events[i];
      const answer = answers.to(i);
      if (isMap(event)) this.#take(call, event, answer);
      else answer(this.#refused(undefined, notAnEvent().toProblem()));
    }
    return answers.all;
  }

  /**
   * All or none of up to 1,000 events of one entry; what was stored before is answered as duplicate and left out. A refusal
   * is answered at once, so that the caller knows it before the next call.
   */
  publishAtomic(
    caller: SystemCaller,
    events: readonly SourceEventInput[],
    flow: object = {},
  ): PublishResult[] | Promise<PublishResult[]> {
    const raw = events as readonly unknown[] as RawEvent[];
    const call: Call = { caller, flow, entries: new LookUpOnce(this.#deps.catalog) };
    const judged = raw.map((event) => this.#judge(call, event));
    const refusal = this.#isDraining ? shuttingDown() : refusalOfBatch(judged);
    if (refusal || judged.some((one) => !one.accepted)) {
      return judged.map((one) => this.#counted(refusedInBatch(one, refusal)));
    }
    if (judged.length === 0) return [];
    const answers = new EventResults(judged.length);
    const waiting = judged.map((one, i) => new WaitingEvent(this.#fields(call, raw[i]!, one), answers.to(i)));
    const writer = this.#writers[judged[0]!.entry!.version.partition]!;
    const bytes = waiting.reduce((sum, event) => sum + event.size, 0);
    if (!writer.backlog.hasRoom(waiting.length, bytes)) {
      return waiting.map((event) => this.#refuseForNow(writer, event));
    }
    writer.add(new WaitingBatch(waiting));
    return answers.all;
  }

  /** Undefined when there is room; else resolves when it is worth going on. Who does not wait meets TOO_MANY. */
  pressure(): Promise<void> | undefined {
    for (const writer of this.#writers) {
      const relief = writer.backlog.pressure();
      if (relief) return relief;
    }
    return this.#quarantine.pressure();
  }

  /** Takes nothing new and resolves when everything taken is answered and the marks are written. */
  async drain(): Promise<void> {
    this.#isDraining = true;
    await Promise.all(this.#writers.map((writer) => writer.idle()));
    await this.#quarantine.drain();
    await this.#checkpoint.stop();
    this.#endStatus();
  }

  #take(call: Call, event: RawEvent, answer: EventResult): void {
    if (this.#isDraining) {
      answer(this.#refused(isPrintableId(event.id) ? event.id : undefined, shuttingDown()));
      return;
    }
    const { caller } = call;
    const judged = this.#judge(call, event);
    if (judged.accepted) this.#queue(call, event, judged, answer);
    // Without an entry of the caller's there is no quarantine that anyone would be entitled to read.
    else if (!judged.entry) answer(this.#refused(judged.id, judged.problem));
    else if (sourcePositionOf(event)) this.#queue(call, event, judged, answer);
    else this.#setAside(caller, event, judged, answer);
  }

  #queue(call: Call, event: RawEvent, judged: ValidationResult, answer: EventResult): void {
    const waiting = new WaitingEvent(this.#fields(call, event, judged), answer);
    const writer = this.#writers[judged.entry!.version.partition]!;
    if (writer.backlog.hasRoom(1, waiting.size)) writer.add(waiting);
    else answer(this.#refuseForNow(writer, waiting));
  }

  #judge({ caller, entries }: Call, event: RawEvent): ValidationResult {
    const { limits, clock } = this.#deps;
    try {
      return validateEvent({ entries, maxEventBytes: limits.maxEventBytes }, caller, event, clock());
    } catch (error) {
      // The entry does not compile: none of its events is taken, so none can overtake this one.
      this.#deps.onUnexpected?.(error);
      return { accepted: false, id: undefined, entry: undefined, problem: toProblem(error) };
    }
  }

  #fields({ caller, flow }: Call, event: RawEvent, judged: ValidationResult): WaitingFields {
    return {
      id: judged.id,
      op: event.op as SourceOp,
      route: routeOf(judged.entry!.version, caller.id),
      place: sourcePositionOf(event),
      arrival: ++this.#arrivals,
      flow,
      bytes: judged.accepted ? judged.bytes : undefined,
      refusal: judged.accepted
        ? undefined
        : { problem: judged.problem, record: this.#quarantineRecord(caller, event, judged) },
    };
  }

  /** A refused event that nothing has to wait for, but who sends many of them must not outrun the store. */
  #setAside(
    caller: SystemCaller,
    event: RawEvent,
    judged: ValidationResult & { accepted: false },
    answer: EventResult,
  ): void {
    const { id, entry, problem } = judged;
    if (!this.#quarantine.keep(this.#quarantineRecord(caller, event, judged), problem.code)) {
      const where = { event: id, entry: entry!.version.id };
      const error = new SluiceError('TOO_MANY', 'too many refused events wait for quarantine already', where);
      answer(this.#refused(id, error.toProblem()));
      return;
    }
    const refused = this.#refused(id, problem);
    const relief = this.#quarantine.pressure();
    if (relief) void relief.then(() => answer(refused));
    else answer(refused);
  }

  #quarantineRecord(caller: SystemCaller, event: RawEvent, judged: ValidationResult & { accepted: false }) {
    const entry = judged.entry!.version.id;
    return {
      subject: quarantineSubject(entry, caller.id),
      key: `${messageId(caller.id, entry, judged.id ?? '')}/${judged.problem.code}`,
      bytes: encodeQuarantined(event, judged.problem, sourcePositionOf(event), this.#deps.clock()),
    };
  }

  #refused(id: string | undefined, problem: Problem): PublishResult {
    return this.#counted({ id, problem });
  }

  #refuseForNow(writer: PartitionWriter, event: WaitingEvent): PublishResult {
    writer.noteRefusal(event);
    const { id, route } = event.fields;
    const where = { event: id, entry: route.entry };
    const error = new SluiceError('TOO_MANY', 'too many events of this partition wait already', where);
    return this.#counted({ id, problem: error.toProblem() });
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

/** What is not even an object has no entry and no id. */
export const notAnEvent = (): SluiceError => new SluiceError('EVENT_INVALID', 'an event must be an object');
const shuttingDown = (): Problem => new SluiceError('SHUTTING_DOWN', 'the broker takes no more events').toProblem();
