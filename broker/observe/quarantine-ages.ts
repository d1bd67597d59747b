import { PeriodicTask } from '../../proto/async/periodic-task.js';
import { quarantineFilter } from '../../proto/subject.js';
import type { Bus } from '../nats/bus.js';
import { readAfter, streamInfo } from '../nats/read/log-reader.js';
import { QUARANTINE_STREAM } from '../nats/stream-names.js';

export interface QuarantineAgesDeps {
  bus: Bus;
  parties: { list(): readonly { id: string }[] };
}

/** The alarm is for events that are a week old; with 3,000 parties a look is as many small questions to the store. */
const LOOK_INTERVAL_MS = 10 * 60_000;

/** Asks the store now and then how old the oldest refused event of each party is. */
export class QuarantineAges {
  #oldest: ReadonlyMap<string, number> = new Map();
  readonly #look = new PeriodicTask(LOOK_INTERVAL_MS, async () => {
    try {
      this.#oldest = await this.#ask();
    } catch {
      // The store is away: what was known stays.
    }
  });

  constructor(private readonly deps: QuarantineAgesDeps) {}

  /** Parties with refused events that are kept, and when the oldest of each was stored, by real time. */
  get oldest(): ReadonlyMap<string, number> {
    return this.#oldest;
  }

  start(): void {
    this.#look.start();
  }

  stop(): void {
    this.#look.stop();
  }

  /** Resolves when the store was asked. */
  look(): Promise<void> {
    return this.#look.now();
  }

  async #ask(): Promise<Map<string, number>> {
    const { bus, parties } = this.deps;
    const oldest = new Map<string, number>();
    const { state } = await streamInfo(bus, QUARANTINE_STREAM);
    if (state.messages === 0) return oldest;
    for (const { id } of parties.list()) {
      const query = { stream: QUARANTINE_STREAM, subject: quarantineFilter(id), after: 0, limit: 1 };
      const [first] = await readAfter(bus, query);
      if (first) oldest.set(id, first.timeMs);
    }
    return oldest;
  }
}
