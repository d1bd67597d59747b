import { setImmediate } from 'node:timers/promises';
import { PublishRefusedError } from '../../client/errors.js';
import { Publisher } from '../../client/publish/publisher.js';
import type { PublisherState } from '../../client/publish/publisher-options.js';
import { CutShort } from '../../proto/async/cut-short.js';
import type { SourceEvent } from '../../proto/event/event.js';
import { partyOf } from '../../proto/subject.js';
import { ContiguousProgress } from './contiguous-progress.js';
import { EventRate } from './event-rate.js';
import { simulate } from './simulation.js';

export interface SimulatorOptions {
  url: string;
  seed: number;
  /** Index of the first event to publish. */
  startAt: number;
  eventsPerSecond: number;
  /** Token of the publishing system by party. Events of other parties are skipped. */
  tokens: Readonly<Record<string, string>>;
  onPublished?: ((event: SourceEvent, position: number) => void) | undefined;
  onRefused?: ((error: PublishRefusedError) => void) | undefined;
  onState?: ((party: string, state: PublisherState) => void) | undefined;
}

/** A healthy bus answers within a second. If it does not, the next start publishes again from the stored progress. */
const LAST_ANSWERS_WAIT_MS = 5_000;

/** Publishes a simulation at a steady rate, each register through a publisher of its own. */
export class Simulator {
  readonly #stop = new AbortController();
  readonly #abortPublishers = new AbortController();
  readonly #publishers = new Map<string, Publisher>();
  readonly #progress: ContiguousProgress;
  #running: Promise<void> | undefined;

  constructor(private readonly options: SimulatorOptions) {
    this.#progress = new ContiguousProgress(options.startAt);
    for (const [party, token] of Object.entries(options.tokens)) {
      const onState = (state: PublisherState) => options.onState?.(party, state);
      this.#publishers.set(
        party,
        new Publisher({ url: options.url, token, onState, signal: this.#abortPublishers.signal }),
      );
    }
  }

  /** Index to resume from: every event before it is stored or refused. */
  get next(): number {
    return this.#progress.next;
  }

  /** Runs until `stop`. Rejects when publishing is impossible, for example with a wrong token. */
  run(): Promise<void> {
    this.#running ??= this.#run(this.#stop.signal);
    return this.#running;
  }

  /** Publishes nothing new, and resolves once everything in flight is answered, or after `LAST_ANSWERS_WAIT_MS`. */
  async stop(): Promise<void> {
    const timer = setTimeout(() => this.#abortPublishers.abort(), LAST_ANSWERS_WAIT_MS);
    this.#stop.abort();
    await Promise.all([...this.#publishers.values()].map((publisher) => publisher.close()));
    await this.#running?.catch(() => undefined);
    clearTimeout(timer);
  }

  async #run(stop: AbortSignal): Promise<void> {
    const eventRate = new EventRate(this.options.eventsPerSecond);
    const waits = new CutShort();
    const failures: unknown[] = [];
    const fail = (error: unknown): void => {
      failures.push(error);
      waits.cut();
    };
    for (const { index, event } of simulate(this.options)) {
      // Yields to the event loop, also at rates beyond the resolution of timers.
      await waits.wait(eventRate.next(stop).then(() => setImmediate()));
      if (waits.isCut) throw failures[0];
      if (stop.aborted) return;
      const publisher = this.#publishers.get(partyOf(event.type));
      if (!publisher) {
        this.#progress.complete(index);
        continue;
      }
      await waits.wait(publisher.ready());
      if (waits.isCut) throw failures[0];
      if (stop.aborted) return;
      this.#publish(publisher, index, event).catch(fail);
    }
  }

  async #publish(publisher: Publisher, index: number, event: SourceEvent): Promise<void> {
    try {
      const { position } = await publisher.publish(event);
      this.options.onPublished?.(event, position);
    } catch (error) {
      if (!(error instanceof PublishRefusedError)) throw error;
      this.options.onRefused?.(error);
    }
    this.#progress.complete(index);
  }
}
