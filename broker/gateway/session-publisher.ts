import { SluiceError } from '../../proto/errors.js';
import type { PublishFrame, PublishResult } from '../../proto/frames/frames.js';
import { isMap } from '../../proto/values/is-map.js';
import { type Intake, notAnEvent } from '../intake/intake.js';
import { OPEN_EVENTS_MAX } from '../intake/intake-limits.js';
import { nameElements } from '../intake/validate/element-names.js';
import { isPrintableId } from '../intake/validate/printable.js';
import type { SystemCaller } from '../parties/caller.js';
import { requireSystem } from '../parties/permissions.js';
import type { FrameSink } from '../stream/subscriber.js';

export interface SessionPublisherOptions {
  caller: SystemCaller;
  sink: FrameSink;
  intake: Pick<Intake, 'publish' | 'publishAtomic' | 'pressure'>;
  maxPublishEvents: number;
  /** Stops and starts reading from the socket. */
  pause: () => void;
  resume: () => void;
}

/** Publish frames of one session: handed to intake in order of arrival, answered each with its results in order. */
export class SessionPublisher {
  readonly #underWay = new Set<Promise<void>>();
  readonly #flow = {};
  #waitingEvents = 0;
  #isPaused = false;
  /**
   * An atomic frame was not stored, or one with source positions was too large to be looked at. Those behind it may be under
   * way already, and one that is stored would leave it below the source's mark for ever; nor may one that is read late
   * overtake what the client sends again on another connection.
   */
  #isBroken = false;

  constructor(private readonly options: SessionPublisherOptions) {}

  publish(frame: PublishFrame): void {
    const { caller, maxPublishEvents } = this.options;
    requireSystem(caller, 'publish');
    if (frame.events.length > maxPublishEvents) {
      if (frame.atomic || frame.events.some(hasPlace)) this.#isBroken = true;
      throw new SluiceError('TOO_LARGE', `a publish frame has at most ${maxPublishEvents} events`);
    }
    const { ref, events, atomic = false } = frame;
    this.#waitingEvents += events.length;
    const answered = this.#answer({ ref, atomic, events: events.length }, this.#handOver(frame));
    this.#underWay.add(answered);
    void answered.finally(() => this.#underWay.delete(answered));
    this.#holdBackIfFull();
  }

  /** Resolves when every publish frame taken so far has its answer sent. */
  async settled(): Promise<void> {
    await Promise.allSettled([...this.#underWay]);
  }

  #handOver({ events, atomic }: PublishFrame): PublishResult[] | Promise<PublishResult[]> {
    const { caller, intake } = this.options;
    if (this.#isBroken) return events.map(precedingFailed);
    if (!atomic) return intake.publish(caller, events, this.#flow);
    const answers = events.every(isMap) ? intake.publishAtomic(caller, events, this.#flow) : events.map(batchRefused);
    if (Array.isArray(answers)) this.#noteFailure(answers);
    return answers;
  }

  #noteFailure(results: readonly PublishResult[]): void {
    if (results.some(({ problem }) => problem !== undefined)) this.#isBroken = true;
  }

  /** It is not given the events themselves: what it knows stays in memory until all of them are stored. */
  async #answer(
    { ref, atomic, events }: { ref: string; atomic: boolean; events: number },
    answers: PublishResult[] | Promise<PublishResult[]>,
  ): Promise<void> {
    const results = await answers;
    if (atomic) this.#noteFailure(results);
    this.#waitingEvents -= events;
    this.options.sink.sendFrame({ kind: 'published', ref, results: nameElements(results) });
  }

  #holdBackIfFull(): void {
    if (this.#isPaused || !this.#roomAwaited()) return;
    this.#isPaused = true;
    this.options.pause();
    void this.#resumeWhenRoom();
  }

  async #resumeWhenRoom(): Promise<void> {
    for (let room = this.#roomAwaited(); room; room = this.#roomAwaited()) await room;
    this.#isPaused = false;
    this.options.resume();
  }

  /** Undefined when there is room; else resolves when it is worth asking again. */
  #roomAwaited(): Promise<unknown> | undefined {
    const pressure = this.options.intake.pressure();
    if (pressure) return pressure;
    return this.#waitingEvents > OPEN_EVENTS_MAX ? Promise.race(this.#underWay) : undefined;
  }
}

const hasPlace = (event: unknown): boolean => isMap(event) && event.sourceposition !== undefined;

const precedingFailed = (event: unknown): PublishResult => {
  const id = isMap(event) && isPrintableId(event.id) ? event.id : undefined;
  const error = new SluiceError('PRECEDING_FAILED', 'a frame of this session was not stored as a whole: connect again');
  return { id, problem: error.toProblem() };
};

/** One of the events of the batch is no object. */
const batchRefused = (): PublishResult => ({
  id: undefined,
  problem: new SluiceError('BATCH_REFUSED', notAnEvent().message).toProblem(),
});
