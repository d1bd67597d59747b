import { randomUUID } from 'node:crypto';
import { pause } from '../../client/pause.js';
import type { SourceEvent } from '../../proto/event/event.js';
import type { ConnectorContext } from '../runtime/connector-context.js';
import { loadMapping } from '../runtime/mapping/load-mapping.js';
import type { RecordMapping, Row } from '../runtime/mapping/record-mapping.js';
import { confirmedRun } from '../runtime/source/records/confirmed-run.js';
import { changeTo, deleteOf, eventAt, type RecordChange } from '../runtime/source/records/record-changes.js';
import type { ChangeBatch, Lag, Source } from '../runtime/source/source.js';
import type { HttpSourceConfig } from './config.js';
import { at, readPage } from './page.js';
import { type Progress, progressFile } from './progress.js';

/**
 * Polls a service for the records that changed after a cursor. The service shows the present state of a record only, so the
 * same request gives another answer later; after a crash, events of the same positions would then differ. So the events of a
 * page are stored with the next cursor before they are published, and published from there after a crash.
 *
 * Invariants: the cursor moves together with the stored events of its page; the index of published records moves when they are
 * confirmed.
 */
export class HttpSource implements Source {
  readonly #state: ReturnType<typeof progressFile>;
  #progress: Progress = { epoch: randomUUID(), page: 0, cursor: undefined, pending: undefined };
  #answeredMs: number | undefined;

  constructor(
    private readonly config: HttpSourceConfig,
    private readonly context: ConnectorContext,
  ) {
    this.#state = progressFile(context.stateFolder, context.name);
  }

  async *changes(signal: AbortSignal): AsyncGenerator<ChangeBatch> {
    const mapping = await loadMapping(this.config, this.context.bus, this.config.url);
    this.#progress = this.#state.file.read() ?? this.#progress;
    await this.#state.held.load();
    const { pending } = this.#progress;
    if (pending) {
      this.#state.held.apply(pending.held);
      yield* this.#publish(pending.events, signal);
    }
    while (!signal.aborted) {
      const { items, next } = await readPage(this.config, this.#progress.cursor, signal);
      this.#answeredMs = Date.now();
      const page = this.#progress.page + 1;
      const events = this.#eventsOf(items, page, mapping);
      const cursor = next ?? this.#progress.cursor;
      const hasMoved = cursor !== this.#progress.cursor;
      if (events.length > 0 || hasMoved) {
        const pending = { events, held: [...this.#state.held.unflushed] };
        this.#progress = { ...this.#progress, page, cursor, pending };
        await this.#state.file.write(this.#progress);
        yield* this.#publish(events, signal);
      } else {
        // Reports to the runner that the service has answered.
        yield { events: [], atomic: false, confirm: () => undefined };
      }
      // Another page may follow one that moved the cursor.
      if (!hasMoved || items.length === 0) await pause(this.config.pollMs, signal);
    }
  }

  /** Time since the last answer of the service. */
  async lag(): Promise<Lag | undefined> {
    if (this.#answeredMs === undefined) return undefined;
    return { amount: (Date.now() - this.#answeredMs) / 1000, unit: 'seconds' };
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #publish(events: SourceEvent[], signal: AbortSignal): AsyncGenerator<ChangeBatch> {
    return confirmedRun(events, () => this.#complete(), signal);
  }

  async #complete(): Promise<void> {
    await this.#state.held.flush(this.#state.held.checkpoint());
    this.#progress = { ...this.#progress, pending: undefined };
    await this.#state.file.write(this.#progress);
  }

  #eventsOf(items: Record<string, unknown>[], page: number, mapping: RecordMapping): SourceEvent[] {
    const { epoch } = this.#progress;
    return items.flatMap((item, index) => {
      const change = this.#changeOf(item, mapping);
      return change ? [eventAt({ entry: mapping.entry, epoch, position: `${page}.${index}` }, change)] : [];
    });
  }

  #changeOf(item: Record<string, unknown>, mapping: RecordMapping): RecordChange | undefined {
    const { held } = this.#state;
    const row = rowOf(item, mapping.columns);
    const { deletedPath } = this.config;
    const isDeleted = deletedPath !== undefined && at(item, deletedPath) === true;
    return isDeleted ? deleteOf(mapping.subjectOf(row), held) : changeTo(row, mapping, held);
  }
}

function rowOf(item: Record<string, unknown>, columns: readonly string[]): Row {
  return Object.fromEntries(
    columns.map((path) => {
      const value = at(item, path);
      if (value === undefined || value === null) return [path, undefined];
      return [path, typeof value === 'object' ? JSON.stringify(value) : String(value)];
    }),
  );
}
