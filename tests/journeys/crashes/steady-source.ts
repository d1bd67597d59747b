import type { RecordData, SourceEvent } from '../../../proto/event/event.js';
import type { PublishResult } from '../../../proto/frames/frames.js';
import { publishBatch, publishLines } from '../../support/raw-client/raw-http.js';
import type { SeededRandom } from '../../support/seeded-random.js';
import { KILL_ENTRY, KILL_TOKENS } from './kill-bundle.js';

const RECORDS = 40;
const BATCH_MAX = 60;
/** While the bus is away. */
const RETRY_MS = 40;
/** So that a run of kills has thousands of events, not hundreds of thousands. */
const PAUSE_MS = 5;

export interface Acknowledged {
  event: SourceEvent;
  position: number | undefined;
}

/** Publishes without end and sends again, under the same ids and places, whatever was not answered. */
export class SteadySource {
  /** Everything that was acknowledged; a duplicate is answered with its watermark's position instead of its own. */
  readonly acknowledged: Acknowledged[] = [];
  retries = 0;
  /** Answers that no kill explains. */
  readonly wrong: string[] = [];
  readonly #random: SeededRandom;
  readonly #url: () => string;
  readonly #held = new Map<string, RecordData>();
  #serial = 0;
  #isStopped = false;
  #loop: Promise<void> | undefined;

  constructor(url: () => string, random: SeededRandom) {
    this.#url = url;
    this.#random = random;
  }

  /**
   * In the order of publishing. Of events that are sent again a later one may be acknowledged first: it is a duplicate by now, and
   * a broker refused those before it, because its ledger was stale for a moment.
   */
  inOrder(): Acknowledged[] {
    const serialOf = ({ event }: Acknowledged): number => Number(event.sourceposition);
    return [...this.acknowledged].sort((a, b) => serialOf(a) - serialOf(b));
  }

  start(): void {
    this.#loop = this.#publish();
  }

  /** Resolves when all that was begun is acknowledged. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#loop;
  }

  async #publish(): Promise<void> {
    while (!this.#isStopped) {
      const events = Array.from({ length: this.#random.between(1, BATCH_MAX) }, () => this.#next());
      await this.#untilAnswered(events);
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }

  async #untilAnswered(events: SourceEvent[]): Promise<void> {
    let due = events;
    for (;;) {
      const results = await this.#send(due);
      due = due.filter((event, index) => !this.#isDone(event, results[index]));
      if (due.length === 0) return;
      this.retries++;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }

  /** No results at all when the broker was killed meanwhile. */
  async #send(events: SourceEvent[]): Promise<PublishResult[]> {
    const at = { url: this.#url(), token: KILL_TOKENS.source };
    try {
      if (this.#random.chance(0.5)) return await publishBatch(at, events);
      return await publishLines(
        at,
        events.map((event) => JSON.stringify(event)),
      );
    } catch {
      return [];
    }
  }

  #isDone(event: SourceEvent, result: PublishResult | undefined): boolean {
    if (!result) return false;
    if (result.problem) {
      if (result.problem.status < 500 && result.problem.code !== 'PRECEDING_FAILED') {
        this.wrong.push(`${event.id}: ${JSON.stringify(result.problem)}`);
      }
      return false;
    }
    this.acknowledged.push({ event, position: result.duplicate ? undefined : result.position });
    return true;
  }

  /** Records come, change their zone and their pilot, and go. */
  #next(): SourceEvent {
    const serial = ++this.#serial;
    const key = `flight-${this.#random.between(1, RECORDS)}`;
    const held = this.#held.get(key);
    const sourcePosition = { sourceposition: String(serial), sourceepoch: 'log-1' };
    const event = {
      specversion: '1.0' as const,
      id: `event-${serial}`,
      type: KILL_ENTRY.id,
      subject: key,
      ...sourcePosition,
    };
    const previous = held ? { previous: { zone: held.zone as string } } : {};
    if (held && this.#random.chance(0.1)) {
      this.#held.delete(key);
      return { ...event, op: 'delete', ...previous };
    }
    const zone = this.#random.pick(['north', 'south']);
    const data: RecordData = { key, serial, zone, pilot: `pilot ${this.#random.between(1, 1e6)}` };
    this.#held.set(key, data);
    return { ...event, op: held ? 'update' : 'create', data, ...previous };
  }
}
