import { problemDocument, SluiceError } from '../../proto/errors.js';
import type { PublishFrame, PublishResult } from '../../proto/frames/frames.js';
import { isMap } from '../../proto/values/is-map.js';
import type { Intake } from '../intake/intake.js';
import { OPEN_EVENTS_MAX } from '../intake/intake-limits.js';
import { nameElements } from '../intake/validate/element-names.js';
import { isPrintableId } from '../intake/validate/printable.js';
import type { SystemCaller } from '../parties/caller.js';
import { requireSystem } from '../parties/permissions.js';
import type { FrameSink } from '../stream/subscriber.js';

export interface SessionPublisherOptions {
  caller: SystemCaller;
  sink: FrameSink;
  intake: Pick<Intake, 'publish' | 'publishAtomic' | 'backpressure' | 'refusedBefore'>;
  maxPublishEvents: number;
  /** Stop and start reading from the socket. */
  pause: () => void;
  resume: () => void;
}

/** Hands the publish frames of one session to intake in order of arrival, and answers each with its results in order. */
export class SessionPublisher {
  readonly #inFlight = new Set<Promise<void>>();
  readonly #flow = {};
  #waitingEvents = 0;
  #isPaused = false;
  /**
   * An atomic frame was not stored, or one with source positions was too large to be looked at. Frames behind it may be in flight
   * already: were one of them stored, the refused frame would be below the source's watermark for ever. Nor may a frame
   * that is read late overtake what the client sends again on another connection.
   */
  #isBroken = false;

  constructor(private readonly options: SessionPublisherOptions) {}

  publish(frame: PublishFrame): void {
    const { caller, maxPublishEvents } = this.options;
    requireSystem(caller, 'publish');
    if (frame.events.length > maxPublishEvents) {
      if (frame.atomic || frame.events.some(isPositioned)) this.#isBroken = true;
      throw new SluiceError('TOO_LARGE', `a publish frame has at most ${maxPublishEvents} events`);
    }
    const { ref, events, atomic = false } = frame;
    const results = this.#handOver(frame);
    this.#waitingEvents += events.length;
    const answered = this.#answer({ ref, atomic, events: events.length }, results);
    this.#inFlight.add(answered);
    void answered.finally(() => this.#inFlight.delete(answered));
    this.#pauseWithoutCapacity();
  }

  /** Resolves when every publish frame taken so far has its answer sent. */
  async settled(): Promise<void> {
    await Promise.allSettled([...this.#inFlight]);
  }

  #handOver({ events, atomic }: PublishFrame): PublishResult[] | Promise<PublishResult[]> {
    const { caller, intake } = this.options;
    if (this.#isBroken) return events.map((event) => this.#precedingFailed(event));
    if (!atomic) return intake.publish(caller, events, this.#flow);
    try {
      const results = intake.publishAtomic(caller, events, this.#flow);
      if (Array.isArray(results)) this.#noteFailure(results);
      return results;
    } catch (error) {
      this.#isBroken = true;
      throw error;
    }
  }

  #precedingFailed(event: unknown): PublishResult {
    this.options.intake.refusedBefore('PRECEDING_FAILED');
    const id = isMap(event) && isPrintableId(event.id) ? event.id : undefined;
    const text = 'a frame of this session was not stored as a whole: connect again';
    return { id, problem: problemDocument('PRECEDING_FAILED', text) };
  }

  #noteFailure(results: readonly PublishResult[]): void {
    if (results.some(({ problem }) => problem !== undefined)) this.#isBroken = true;
  }

  /** Does not get the events themselves: its arguments stay in memory until all of them are stored. */
  async #answer(
    { ref, atomic, events }: { ref: string; atomic: boolean; events: number },
    pending: PublishResult[] | Promise<PublishResult[]>,
  ): Promise<void> {
    const results = await pending;
    if (atomic) this.#noteFailure(results);
    this.#waitingEvents -= events;
    this.options.sink.sendFrame({ kind: 'published', ref, results: nameElements(results) });
  }

  #pauseWithoutCapacity(): void {
    if (this.#isPaused || !this.#backpressure()) return;
    this.#isPaused = true;
    this.options.pause();
    void this.#resumeWithCapacity();
  }

  async #resumeWithCapacity(): Promise<void> {
    for (let drained = this.#backpressure(); drained; drained = this.#backpressure()) await drained;
    this.#isPaused = false;
    this.options.resume();
  }

  /** Undefined while there is capacity; else resolves when it is worth asking again. */
  #backpressure(): Promise<unknown> | undefined {
    const drained = this.options.intake.backpressure();
    if (drained) return drained;
    return this.#waitingEvents > OPEN_EVENTS_MAX ? Promise.race(this.#inFlight) : undefined;
  }
}

const isPositioned = (event: unknown): boolean => isMap(event) && event.sourceposition !== undefined;
