import { randomUUID } from 'node:crypto';
import { pause } from '../../client/pause.js';
import type { SourceEvent } from '../../proto/event/event.js';
import { publishedEntry } from '../runtime/catalog-entry.js';
import type { ConnectorContext } from '../runtime/connector-context.js';
import { SourceUnfitError } from '../runtime/connector-errors.js';
import { mappingProblems, RecordMapping, type Row } from '../runtime/mapping/record-mapping.js';
import { Confirmation } from '../runtime/source/confirmation.js';
import { digestOf } from '../runtime/source/record-index.js';
import type { ChangeBatch, Lag, Source } from '../runtime/source/source.js';
import type { HttpSourceConfig } from './config.js';
import { at, readPage } from './page.js';
import { type Progress, progressFile } from './progress.js';

const BATCH_EVENTS = 500;

/** Polls a service for the records that changed after a cursor. */
export class HttpSource implements Source {
  readonly #places: ReturnType<typeof progressFile>;
  #progress: Progress = { epoch: randomUUID(), page: 0, cursor: undefined, pending: undefined };
  #answeredMs: number | undefined;

  constructor(
    private readonly config: HttpSourceConfig,
    private readonly context: ConnectorContext,
  ) {
    this.#places = progressFile(context.stateFolder, context.name);
  }

  async *changes(signal: AbortSignal): AsyncGenerator<ChangeBatch> {
    const mapping = await this.#mapping();
    this.#progress = this.#places.file.read() ?? this.#progress;
    await this.#places.held.load();
    const { pending } = this.#progress;
    if (pending) {
      this.#places.held.apply(pending.held);
      yield* this.#tell(pending.events, signal);
    }
    while (!signal.aborted) {
      const { items, next } = await readPage(this.config, this.#progress.cursor, signal);
      this.#answeredMs = Date.now();
      const page = this.#progress.page + 1;
      const events = this.#eventsOf(items, page, mapping);
      const cursor = next ?? this.#progress.cursor;
      const isNews = cursor !== this.#progress.cursor;
      if (events.length > 0 || isNews) {
        const pending = { events, held: [...this.#places.held.unflushed] };
        this.#progress = { ...this.#progress, page, cursor, pending };
        await this.#places.file.write(this.#progress);
        yield* this.#tell(events, signal);
      } else {
        // Tells the runner that the service has answered.
        yield { events: [], atomic: false, confirm: () => undefined };
      }
      // A page that brought the cursor on may have another one behind it.
      if (!isNews || items.length === 0) await pause(this.config.pollMs, signal);
    }
  }

  /** Since the last answer that held everything up to then. */
  async lag(): Promise<Lag | undefined> {
    if (this.#answeredMs === undefined) return undefined;
    return { amount: (Date.now() - this.#answeredMs) / 1000, unit: 'seconds' };
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  async #mapping(): Promise<RecordMapping> {
    const { config, context } = this;
    const entry = await publishedEntry(context.bus, config.entry);
    const problems = mappingProblems(config, config.key, entry);
    if (problems.length > 0) throw new SourceUnfitError(`${config.url} → ${config.entry}:\n- ${problems.join('\n- ')}`);
    return new RecordMapping(config, config.key, entry);
  }

  async *#tell(events: SourceEvent[], signal: AbortSignal): AsyncGenerator<ChangeBatch> {
    for (let start = 0; start < events.length; start += BATCH_EVENTS) {
      const part = events.slice(start, start + BATCH_EVENTS);
      yield { events: part, atomic: false, confirm: () => undefined };
    }
    const told = new Confirmation();
    yield { events: [], atomic: false, confirm: () => this.#complete().then(() => told.confirm()) };
    await told.confirmed(signal);
  }

  async #complete(): Promise<void> {
    await this.#places.held.flush();
    this.#progress = { ...this.#progress, pending: undefined };
    await this.#places.file.write(this.#progress);
  }

  #eventsOf(items: Record<string, unknown>[], page: number, mapping: RecordMapping): SourceEvent[] {
    return items.flatMap((item, index) => {
      const change = this.#changeOf(item, mapping);
      if (!change) return [];
      const position = `${page}.${index}`;
      const { epoch } = this.#progress;
      const event: SourceEvent = {
        specversion: '1.0',
        id: `${epoch}:${position}`,
        type: mapping.entry,
        sourceposition: position,
        sourceepoch: epoch,
        ...change,
      };
      return [event];
    });
  }

  #changeOf(item: Record<string, unknown>, mapping: RecordMapping): Change | undefined {
    const { held } = this.#places;
    const row = rowOf(item, mapping.columns);
    const subject = mapping.subjectOf(row);
    const before = held.get(subject);
    const previous = before?.previous ? { previous: before.previous } : {};
    if (this.config.deletedPath !== undefined && at(item, this.config.deletedPath) === true) {
      held.delete(subject);
      return before ? { op: 'delete', subject, ...previous } : undefined;
    }
    const data = mapping.dataOf(row);
    const digest = digestOf(data);
    if (before?.digest === digest) return undefined;
    held.set(subject, { digest, previous: mapping.previousOf(row) });
    return before ? { op: 'update', subject, data, ...previous } : { op: 'create', subject, data };
  }
}

type Change = Pick<SourceEvent, 'op' | 'subject' | 'data' | 'previous'>;

function rowOf(item: Record<string, unknown>, columns: readonly string[]): Row {
  return Object.fromEntries(
    columns.map((path) => {
      const value = at(item, path);
      if (value === undefined || value === null) return [path, undefined];
      return [path, typeof value === 'object' ? JSON.stringify(value) : String(value)];
    }),
  );
}
