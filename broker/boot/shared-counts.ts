import { setImmediate as nextTurn } from 'node:timers/promises';
import { SluiceError } from '../../proto/errors.js';
import type { AcceptedEvents } from '../intake/accepted-events.js';
import type { PartyCounts } from '../metrics/parties/party-counts.js';
import type { CountsByKey } from '../observe/counts-by-key.js';
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

  /** The rows by cursor subject, entry or party. */
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
export function acceptedCounts(role: ProcessRole, { byEntry }: AcceptedEvents): CountsByKey {
  if (!role.isWorker) return { collect: async () => byEntry };
  const shared = new SharedCounts('accepted', () => acceptedRows(byEntry));
  return { collect: async () => numbersOf((await shared.collect()).values()) };
}

/** Counts of what parties must act on, in this process, or in all workers of this broker. */
export function partyCounts(role: ProcessRole, counts: PartyCounts): CountsByKey {
  if (!role.isWorker) return { collect: async () => numbersOf(partyRows(counts)) };
  const shared = new SharedCounts('parties', () => partyRows(counts));
  return { collect: async () => numbersOf((await shared.collect()).values()) };
}

const numbersOf = (rows: Iterable<CountRow>): Map<string, number> =>
  new Map(Array.from(rows, ([key, count, isNow, now]) => [key, isNow ? (now ?? 0) : count]));

function* deliveredRows(traffic: CursorTraffic): Generator<CountRow> {
  for (const cursor of traffic.cursors()) {
    const { delivered, connected, credit } = traffic.useOf(cursor);
    yield [cursor, delivered, connected, credit ?? null];
  }
}

function* acceptedRows(byEntry: ReadonlyMap<string, number>): Generator<CountRow> {
  for (const [entry, events] of byEntry) yield [entry, events, false, null];
}

/** A number of now is reported as that of a cursor which is followed: it ends with the worker. */
function* partyRows(counts: PartyCounts): Generator<CountRow> {
  for (const { key, counted, now } of counts.numbers()) yield [key, counted, now !== undefined && now > 0, now ?? null];
}
