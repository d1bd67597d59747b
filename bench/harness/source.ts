import { SOURCE_SYSTEM, tokenOf } from '../documents/bench-bundle.js';
import type { EventPlan } from '../load/event-supply.js';
import type { PublishReport, PublishRun } from '../load/publisher.js';
import { LoadProcess } from '../processes/load-process.js';
import type { BenchRun } from './bench-run.js';
import { Histogram, type Percentiles } from './histogram.js';

export interface SourceReport extends Omit<PublishReport, 'latency'> {
  latency: Percentiles;
}

/** A publisher in a load process of its own. */
export class Source {
  readonly #process: LoadProcess;

  private constructor(process: LoadProcess) {
    this.#process = process;
  }

  /** Publishes to a broker over one WebSocket session. */
  static async overSocket(run: BenchRun, url: string, plan: EventPlan): Promise<Source> {
    return Source.#open(run, 'openSocket', { ...brokerTarget(url), plan });
  }

  /** Publishes to a broker over a WebSocket session for each department; `tokens` are those of their systems. */
  static async overSockets(
    run: BenchRun,
    url: string,
    plan: EventPlan,
    tokens: Record<string, string>,
  ): Promise<Source> {
    return Source.#open(run, 'openSockets', { port: portOf(url), tokens, plan });
  }

  /** Publishes to a broker over one HTTP request, line by line. */
  static async overLines(run: BenchRun, url: string, plan: EventPlan): Promise<Source> {
    return Source.#open(run, 'openLines', { ...brokerTarget(url), plan });
  }

  /** Publishes to one subject of a nats-server; with `stored` a stream captures it and acknowledges. */
  static async toNats(run: BenchRun, target: NatsSource, plan: EventPlan): Promise<Source> {
    return Source.#open(run, 'openNats', { ...target, plan });
  }

  static async #open(run: BenchRun, act: string, target: object): Promise<Source> {
    const source = new Source(new LoadProcess(run, 'publisher'));
    await source.#process.ask(act, target);
    return source;
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** Resolves when every published event is answered. Throws when one was refused. */
  async publish(order: PublishRun): Promise<SourceReport> {
    const { latency, ...report } = await this.#process.ask<PublishReport>('publish', order);
    if (report.refused > 0 || report.refusal !== undefined) {
      throw new Error(`${report.refused} events were refused, the first: ${report.refusal}`);
    }
    return { ...report, latency: new Histogram().add(latency).percentiles() };
  }

  /** Reports how many events every subscriber has received: a source with `undeliveredMax` waits for it. */
  delivered(events: number): void {
    this.#process.ask('delivered', events).catch(() => {});
  }

  end(): Promise<void> {
    return this.#process.end();
  }
}

export interface NatsSource {
  url: string;
  subject: string;
  stored: boolean;
}

const brokerTarget = (url: string) => ({ port: portOf(url), token: tokenOf(SOURCE_SYSTEM) });

export const portOf = (url: string): number => Number(new URL(url).port);
