import { setImmediate as nextTurn } from 'node:timers/promises';
import { SluiceError } from '../../proto/errors.js';
import type { AcceptedEvents } from '../intake/accepted-events.js';
import type { AcceptedCounts } from '../observe/accepted-counts.js';
import { type CursorUses, usesOfOneProcess } from '../observe/cursor-uses.js';
import type { CursorTraffic } from '../stream/subscriptions/cursor-traffic.js';
import type { ProcessRole } from './process-role.js';
import type { Counted, CountRow, CountsOfWorker, CountsQuestion, ToWorker } from './worker-messages.js';

/** Collecting from all workers takes milliseconds; a primary that hangs must not hang the scrape. */
const ANSWER_MS_MAX = 5_000;
const ROWS_PER_MESSAGE = 500;

/** Events that all workers of this broker count apart, added up, from whichever worker is asked. */
class SharedCounts {
  readonly #waiting = new Map<number, { rows: Map<string, CountRow>; done: () => void }>();
  #nextId = 0;

  /** `own` is this worker's part, which the primary asks for. */
  constructor(
    private readonly of: Counted,
    private readonly own: () => Iterable<CountRow>,
  ) {
    process.on('message', (message: ToWorker) => {
      if (message.kind === 'counts-question' && message.of === of) void this.#report(message.id);
      if (message.kind !== 'counts' || message.of !== of) return;
      const waiting = this.#waiting.get(message.id);
      for (const row of message.rows) waiting?.rows.set(row[0], row);
      if (message.isLast) waiting?.done();
    });
  }

  /** The rows by cursor subject or entry. */
  collect(): Promise<ReadonlyMap<string, CountRow>> {
    const id = this.#nextId++;
    const rows = new Map<string, CountRow>();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        const what = `what the workers have ${this.of}`;
        reject(new SluiceError('INTERNAL', `timed out after ${ANSWER_MS_MAX} ms collecting ${what}`));
      }, ANSWER_MS_MAX);
      const done = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        resolve(rows);
      };
      this.#waiting.set(id, { rows, done });
      process.send?.({ kind: 'counts', id, of: this.of } satisfies CountsQuestion);
    });
  }

  async #report(id: number): Promise<void> {
    let rows: CountRow[] = [];
    const send = (isLast: boolean): void => {
      const message = { kind: 'worker-counts', id, of: this.of, rows, isLast } satisfies CountsOfWorker;
      if (process.connected) process.send?.(message);
      rows = [];
    };
    for (const row of this.own()) {
      rows.push(row);
      if (rows.length < ROWS_PER_MESSAGE) continue;
      send(false);
      await nextTurn();
    }
    send(true);
  }
}

const UNUSED = { delivered: 0, connected: false, credit: undefined };

/** The use of cursors in this process, or in all workers of this broker. */
export function cursorUses(role: ProcessRole, traffic: CursorTraffic): CursorUses {
  if (!role.isWorker) return usesOfOneProcess(traffic);
  const shared = new SharedCounts('delivered', () => deliveredRows(traffic));
  return {
    collect: async () => {
      const rows = await shared.collect();
      return (cursor) => {
        const row = rows.get(cursor);
        return row ? { delivered: row[1], connected: row[2], credit: row[3] ?? undefined } : UNUSED;
      };
    },
  };
}

/** The accepted events of entries in this process, or in all workers of this broker. */
export function acceptedCounts(role: ProcessRole, accepted: AcceptedEvents): AcceptedCounts {
  if (!role.isWorker) return { collect: async () => accepted.byEntry };
  const shared = new SharedCounts('accepted', () => acceptedRows(accepted));
  return {
    collect: async () => new Map(Array.from(await shared.collect(), ([entry, [, events]]) => [entry, events])),
  };
}

function* deliveredRows(traffic: CursorTraffic): Generator<CountRow> {
  for (const cursor of traffic.cursors()) {
    const { delivered, connected, credit } = traffic.useOf(cursor);
    yield [cursor, delivered, connected, credit ?? null];
  }
}

function* acceptedRows({ byEntry }: AcceptedEvents): Generator<CountRow> {
  for (const [entry, events] of byEntry) yield [entry, events, false, null];
}
