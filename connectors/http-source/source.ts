import { randomUUID } from 'node:crypto';
import { pause } from '../../client/pause.js';
import type { SourceEvent } from '../../proto/event/event.js';
import type { ConnectorContext } from '../runtime/connector-context.js';
import { SourceUnfitError } from '../runtime/connector-errors.js';
import { EntryMonitor } from '../runtime/entry-monitor.js';
import { textOf } from '../runtime/mapping/json-text.js';
import { loadMapping } from '../runtime/mapping/load-mapping.js';
import { columnSettings, type RecordMapping, type Row } from '../runtime/mapping/record-mapping.js';
import { confirmedRun } from '../runtime/source/records/confirmed-run.js';
import { changeTo, deleteOf, eventAt, type RecordChange } from '../runtime/source/records/record-changes.js';
import { shortDigest } from '../runtime/source/records/short-digest.js';
import type { ChangeBatch, Lag, Source } from '../runtime/source/source.js';
import type { HttpSourceConfig } from './config.js';
import { CursorWalk } from './cursor-walk.js';
import { at, type Page, readPage } from './page.js';
import { isProgress, type Progress, progressFile } from './progress.js';

/** An answer may take so long without being late. */
const REQUEST_MS = 1_000;

/**
 * Polls a service for the records that changed after a cursor. The service shows the present state of a record only, so the
 * same request gives another answer later; after a crash, events of the same positions would then differ. So the events of a
 * page are stored with the next cursor before they are published, and published from there after a crash.
 *
 * An epoch begins with a request without a cursor, whose records, up to the first page that does not move the cursor, are a
 * snapshot: a subscriber drops what an earlier epoch has left with it.
 *
 * Invariants: the cursor moves together with the stored events of its page; the index of published records moves when they are
 * confirmed; a source that has lost a part of its state, or whose records are read or mapped in another way, starts a new epoch:
 * the service does not send again what has not changed.
 */
export class HttpSource implements Source {
  readonly #state: ReturnType<typeof progressFile>;
  #progress: Progress = newEpoch('');
  #answeredMs: number | undefined;

  constructor(
    private readonly config: HttpSourceConfig,
    private readonly context: ConnectorContext,
  ) {
    this.#state = progressFile(context.stateFolder, context.name);
  }

  async *changes(signal: AbortSignal): AsyncGenerator<ChangeBatch> {
    const { origin } = new URL(this.config.url);
    while (!signal.aborted)
      yield* this.#follow(await loadMapping(this.config, this.context.bus, { sourceName: origin }), signal);
  }

  /** Publishes pages until the mapping does not fit the entry any more. */
  async *#follow(mapping: RecordMapping, signal: AbortSignal): AsyncGenerator<ChangeBatch> {
    const monitor = new EntryMonitor(this.context.bus, [mapping]);
    await this.#restore(digestOfSettings(this.config, mapping));
    const { pending } = this.#progress;
    if (pending) {
      this.#state.held.apply(pending.held);
      yield* this.#publish(pending.events, signal);
    }
    const walk = new CursorWalk();
    while (!signal.aborted && !(await monitor.hasChanged())) {
      const page = await readPage(this.config, this.#progress.cursor, signal);
      this.#answeredMs = performance.now();
      const hasMoved = page.next !== undefined && page.next !== this.#progress.cursor;
      const isLast = !hasMoved || page.items.length === 0;
      if (isLast) walk.ended();
      else if (walk.isBackAt(page.next as string)) throw inACircle(this.config);
      const events = this.#eventsOf(page, isLast, mapping);
      if (events.length > 0 || hasMoved) {
        await this.#storePending(page, events, isLast);
        yield* this.#publish(events, signal);
      } else {
        // Reports to the runner that the service has answered.
        yield { events: [], atomic: false, confirm: () => undefined };
      }
      // Another page may follow one that moved the cursor.
      if (isLast) await pause(this.config.pollMs, signal);
    }
  }

  /** Time since the service should have answered again; 0 while it answers when it is polled. */
  async lag(): Promise<Lag | undefined> {
    if (this.#answeredMs === undefined) return undefined;
    const sinceMs = performance.now() - this.#answeredMs;
    return { amount: Math.max(0, sinceMs - this.config.pollMs - REQUEST_MS) / 1000, unit: 'seconds' };
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  /** Loads the state, or starts an epoch when a part of it is lost. */
  async #restore(settings: string): Promise<void> {
    const { log } = this.context;
    const stored = this.#state.file.readIfUsable(isProgress, (path) =>
      log.error({ path }, 'the state file is damaged: starting a new epoch with a snapshot'),
    );
    await this.#state.held.load();
    const isLost = stored !== undefined && this.#hasLostIndex(stored);
    if (stored && !isLost && (stored.settings ?? settings) === settings) {
      this.#progress = { ...stored, settings };
      if (stored.settings === undefined) await this.#state.file.write(this.#progress);
      return;
    }
    if (isLost) log.error('the index of published records is lost: starting a new epoch with a snapshot');
    else if (stored)
      log.warn('records are read or mapped in another way than before: starting a new epoch with a snapshot');
    this.#progress = newEpoch(settings);
    await this.#state.held.clear();
    await this.#state.file.write(this.#progress);
  }

  /** While a page is pending the index may be on disk before the progress is. State of an earlier release has no count. */
  #hasLostIndex({ records, pending }: Progress): boolean {
    const { size } = this.#state.held;
    return records !== undefined && (pending ? size === 0 && records > 0 : records !== size);
  }

  async #storePending({ next }: Page, events: SourceEvent[], isLast: boolean): Promise<void> {
    const { page, cursor, isSnapshot, ...kept } = this.#progress;
    this.#progress = {
      ...kept,
      page: page + 1,
      cursor: next ?? cursor,
      isSnapshot: isSnapshot === true && !isLast,
      pending: { events, held: [...this.#state.held.unflushed] },
    };
    await this.#state.file.write(this.#progress);
  }

  #publish(events: SourceEvent[], signal: AbortSignal): AsyncGenerator<ChangeBatch> {
    return confirmedRun(events, () => this.#complete(), signal);
  }

  async #complete(): Promise<void> {
    const { held } = this.#state;
    await held.flush(held.checkpoint());
    this.#progress = { ...this.#progress, records: held.size, pending: undefined };
    await this.#state.file.write(this.#progress);
  }

  #eventsOf({ items }: Page, isLast: boolean, mapping: RecordMapping): SourceEvent[] {
    const { epoch, page, isSnapshot = false } = this.#progress;
    const event = (ordinal: number, change: RecordChange): SourceEvent => {
      const snapshot = change.op.startsWith('snapshot') ? { snapshotid: epoch } : {};
      return eventAt({ entry: mapping.entry, epoch, position: `${page + 1}.${ordinal}` }, { ...snapshot, ...change });
    };
    const events = items.flatMap((item, index) => {
      const change = this.#changeOf(item, mapping);
      return change ? [event(index + 1, isSnapshot ? inSnapshot(change) : change)] : [];
    });
    if (isSnapshot && page === 0) events.unshift(event(0, { op: 'snapshot_begin' }));
    if (isSnapshot && isLast) events.push(event(items.length + 1, { op: 'snapshot_end' }));
    return events;
  }

  #changeOf(item: unknown, mapping: RecordMapping): RecordChange | undefined {
    const { held } = this.#state;
    const row: Row = Object.fromEntries(mapping.columns.map((path) => [path, textOf(at(item, path))]));
    const subject = mapping.subjectOf(row);
    // A deleted record without a key goes to quarantine like any other: nobody knows which one has ended.
    return isDeleted(item, this.config.deletedPath) && subject !== ''
      ? deleteOf(subject, held)
      : changeTo(row, mapping, held);
  }
}

/** Only true and false say it: a service that writes `"true"`, 1 or a time there would keep its records for ever. */
function isDeleted(item: unknown, path: string | undefined): boolean {
  const value = path === undefined ? undefined : at(item, path);
  if (value === undefined || value === null || typeof value === 'boolean') return value === true;
  throw new SourceUnfitError(
    `a record has something other than true or false at ${path}; see \`deleted\` in the settings`,
  );
}

const inACircle = ({ nextPath }: HttpSourceConfig): SourceUnfitError =>
  new SourceUnfitError(
    `the service goes back to a cursor that it has given before, at ${nextPath}: its pages have no end`,
  );

const newEpoch = (settings: string): Progress => ({
  epoch: randomUUID(),
  page: 0,
  isSnapshot: true,
  records: 0,
  settings,
});

/** Everything that decides which records the service has and what they become. Headers, which hold keys that change, do not. */
function digestOfSettings(config: HttpSourceConfig, { filterable }: RecordMapping): string {
  const { url, cursorParameter, itemsPath, nextPath, deletedPath, entry, key } = config;
  const reading = [url, cursorParameter, itemsPath, nextPath, deletedPath];
  return shortDigest([reading, entry, key, columnSettings(config), filterable]);
}

const inSnapshot = (change: RecordChange): RecordChange =>
  change.op === 'create' ? { ...change, op: 'snapshot' } : change;
