import { setImmediate as nextTurn } from 'node:timers/promises';
import { SluiceError } from '../../proto/errors.js';
import type { CursorUseOf, CursorUses } from '../observe/cursor-uses.js';
import type { CursorTraffic } from '../stream/subscriptions/cursor-traffic.js';
import type { CursorUseRow, ToWorker, UsesOfWorker, UsesQuestion } from './worker-messages.js';

/** Collecting from all workers takes milliseconds; a primary that hangs must not hang the scrape. */
const ANSWER_MS_MAX = 5_000;
const ROWS_PER_MESSAGE = 500;
const UNUSED = { delivered: 0, connected: false, credit: undefined };

/** The use of cursors in all workers of this broker, from whichever worker is asked. */
export class SharedUses implements CursorUses {
  readonly #waiting = new Map<number, { rows: Map<string, CursorUseRow>; done: () => void }>();
  #nextId = 0;

  /** `own` is this worker's part, which the primary asks for. */
  constructor(private readonly own: CursorTraffic) {
    process.on('message', (message: ToWorker) => {
      if (message.kind === 'use-question') void this.#report(message.id);
      if (message.kind !== 'uses') return;
      const waiting = this.#waiting.get(message.id);
      for (const row of message.rows) waiting?.rows.set(row[0], row);
      if (message.isLast) waiting?.done();
    });
  }

  collect(): Promise<CursorUseOf> {
    const id = this.#nextId++;
    const rows = new Map<string, CursorUseRow>();
    const useOf: CursorUseOf = (cursor) => {
      const row = rows.get(cursor);
      return row ? { delivered: row[1], connected: row[2], credit: row[3] ?? undefined } : UNUSED;
    };
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        reject(
          new SluiceError('INTERNAL', `timed out after ${ANSWER_MS_MAX} ms collecting what the workers delivered`),
        );
      }, ANSWER_MS_MAX);
      const done = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        resolve(useOf);
      };
      this.#waiting.set(id, { rows, done });
      process.send?.({ kind: 'uses', id } satisfies UsesQuestion);
    });
  }

  async #report(id: number): Promise<void> {
    let rows: CursorUseRow[] = [];
    const send = (isLast: boolean): void => {
      if (process.connected) process.send?.({ kind: 'worker-uses', id, rows, isLast } satisfies UsesOfWorker);
      rows = [];
    };
    for (const cursor of this.own.cursors()) {
      const { delivered, connected, credit } = this.own.useOf(cursor);
      rows.push([cursor, delivered, connected, credit ?? null]);
      if (rows.length < ROWS_PER_MESSAGE) continue;
      send(false);
      await nextTurn();
    }
    send(true);
  }
}
