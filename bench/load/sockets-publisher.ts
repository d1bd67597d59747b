import { partyOf } from '../../proto/subject.js';
import type { BenchEvent } from '../documents/bench-entry.js';
import type { Histogram } from '../harness/histogram.js';
import type { EventPublisher } from './event-publisher.js';
import { SocketPublisher } from './socket-publisher.js';

/** Publishes the events of many departments, each over a WebSocket session of its own. */
export class SocketsPublisher implements EventPublisher {
  readonly #all: readonly SocketPublisher[];

  private constructor(private readonly byParty: ReadonlyMap<string, SocketPublisher>) {
    this.#all = [...byParty.values()];
  }

  /** `tokens` are those of the departments' systems, by department. */
  static async open({ port, tokens }: { port: number; tokens: Record<string, string> }): Promise<SocketsPublisher> {
    const byParty = new Map<string, SocketPublisher>();
    for (const [party, token] of Object.entries(tokens))
      byParty.set(party, await SocketPublisher.open({ port, token }));
    return new SocketsPublisher(byParty);
  }

  get isReady(): boolean {
    return this.#all.every(({ isReady }) => isReady);
  }

  get unanswered(): number {
    return this.#sum(({ unanswered }) => unanswered);
  }

  get acknowledged(): number {
    return this.#sum(({ acknowledged }) => acknowledged);
  }

  get refused(): number {
    return this.#sum(({ refused }) => refused);
  }

  get refusal(): string | undefined {
    return this.#all.find(({ refusal }) => refusal !== undefined)?.refusal;
  }

  get latency(): Histogram {
    return (this.#all[0] as SocketPublisher).latency;
  }

  /** All sessions record into the same one. */
  set latency(histogram: Histogram) {
    for (const one of this.#all) one.latency = histogram;
  }

  publish(events: BenchEvent[]): void {
    const byParty = new Map<string, BenchEvent[]>();
    for (const event of events) {
      const party = partyOf(event.entry);
      const list = byParty.get(party);
      if (list) list.push(event);
      else byParty.set(party, [event]);
    }
    for (const [party, list] of byParty) {
      const one = this.byParty.get(party);
      if (!one) throw new Error(`no source publishes for ${party}`);
      one.publish(list);
    }
  }

  async close(): Promise<void> {
    for (const one of this.#all) await one.close();
  }

  #sum(of: (one: SocketPublisher) => number): number {
    return this.#all.reduce((sum, one) => sum + of(one), 0);
  }
}
