import { SluiceError } from '../../proto/errors.js';
import type { PublishFrame } from '../../proto/frames.js';
import { nameElements } from '../intake/element-places.js';
import type { Intake } from '../intake/intake.js';
import { OPEN_EVENTS_MAX } from '../intake/intake-limits.js';
import type { SystemCaller } from '../parties/caller.js';
import type { FrameSink } from '../stream/subscriber.js';

export interface SessionPublisherOptions {
  caller: SystemCaller;
  sink: FrameSink;
  intake: Pick<Intake, 'publish' | 'pressure'>;
  maxPublishEvents: number;
  /** Stops and starts reading from the socket. */
  pause: () => void;
  resume: () => void;
}

/** Publish frames of one session: handed to intake in order of arrival, answered each with its results in order. */
export class SessionPublisher {
  readonly #underWay = new Set<Promise<void>>();
  #waitingEvents = 0;
  #isPaused = false;

  constructor(private readonly options: SessionPublisherOptions) {}

  publish(frame: PublishFrame): void {
    const { caller, intake, maxPublishEvents } = this.options;
    if (!caller.may.includes('publish')) {
      throw new SluiceError('NOT_ALLOWED', `system ${caller.id} may not publish`);
    }
    if (frame.events.length > maxPublishEvents) {
      throw new SluiceError('TOO_LARGE', `a publish frame has at most ${maxPublishEvents} events`);
    }
    const { ref, events } = frame;
    this.#waitingEvents += events.length;
    const answered = this.#answer(ref, events.length, intake.publish(caller, events));
    this.#underWay.add(answered);
    void answered.finally(() => this.#underWay.delete(answered));
    this.#holdBackIfFull();
  }

  /** Resolves when every publish frame taken so far has its answer sent. */
  async settled(): Promise<void> {
    await Promise.allSettled([...this.#underWay]);
  }

  /** It is not given the events: what it knows stays in memory until all of them are stored. */
  async #answer(ref: string, events: number, answers: ReturnType<Intake['publish']>): Promise<void> {
    const results = await answers;
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
