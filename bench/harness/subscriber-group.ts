import type { NatsTarget } from '../load/peer/nats-subscriber.js';
import type { Following, SluiceTarget } from '../load/sluice-subscriber.js';
import type { OpenedReport, Progress, SubscribersReport } from '../load/subscribers.js';
import { LoadProcess } from '../processes/load-process.js';
import type { BenchRun } from './bench-run.js';
import { Histogram, type Percentiles } from './histogram.js';

export interface GroupReport {
  events: number;
  frames: number;
  bytes: number;
  latency: Percentiles;
  connections: number;
  closed: number;
}

export interface Opened {
  perSecond: number;
  seconds: number;
  times: Percentiles;
}

function openedOf(sessions: number, { seconds, times }: OpenedReport): Opened {
  return { perSecond: Math.round(sessions / seconds), seconds, times: new Histogram().add(times).percentiles() };
}

/** Subscribers in one load process. */
export class SubscriberGroup {
  readonly #process: LoadProcess;

  private constructor(process: LoadProcess) {
    this.#process = process;
  }

  /** Resolves when all are connected and subscribed. */
  static async openSluice(run: BenchRun, targets: SluiceTarget[]): Promise<SubscriberGroup> {
    const group = new SubscriberGroup(new LoadProcess(run, 'subscribers'));
    await group.#process.ask('openSluice', targets);
    return group;
  }

  static async openNats(run: BenchRun, targets: NatsTarget[]): Promise<SubscriberGroup> {
    const group = new SubscriberGroup(new LoadProcess(run, 'subscribers'));
    await group.#process.ask('openNats', targets);
    return group;
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** Adds subscribers to the same process. */
  async add(targets: SluiceTarget[]): Promise<void> {
    await this.#process.ask('openSluice', targets);
  }

  /** A process without sessions yet. */
  static empty(run: BenchRun): SubscriberGroup {
    return new SubscriberGroup(new LoadProcess(run, 'subscribers'));
  }

  /** Opens sessions, so many at a time; resolves with how long each took until it was subscribed. */
  async openTimed(targets: SluiceTarget[], inFlight: number): Promise<Opened> {
    return openedOf(targets.length, await this.#process.ask('openTimed', { targets, inFlight }));
  }

  /** Breaks all sessions off at once and opens them again. */
  async storm(sessions: number, inFlight: number): Promise<Opened> {
    return openedOf(sessions, await this.#process.ask('storm', { inFlight }));
  }

  /** Sets all counts back to zero. */
  async reset(): Promise<void> {
    await this.#process.ask('reset');
  }

  async report(): Promise<GroupReport> {
    const { latency, ...counts } = await this.#process.ask<SubscribersReport>('report');
    return { ...counts, latency: new Histogram().add(latency).percentiles() };
  }

  following(): Promise<Following[]> {
    return this.#process.ask('following');
  }

  reconnect(index: number): Promise<void> {
    return this.#process.ask('reconnect', { index });
  }

  stall(indexes: number[]): Promise<void> {
    return this.#process.ask('stall', { indexes });
  }

  /** Reports at this interval how many events the subscribers have received. */
  async watch(everyMs: number, onProgress: (progress: Progress) => void): Promise<void> {
    this.#process.on<Progress>('progress', onProgress);
    await this.#process.ask('reportProgress', { everyMs });
  }

  end(): Promise<void> {
    return this.#process.end();
  }
}
