import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pause } from '../../client/pause.js';
import { BrokenFileError } from '../../proto/workbook/broken-file.js';
import type { ConnectorContext } from '../runtime/connector-context.js';
import { EntryMonitor } from '../runtime/entry-monitor.js';
import { loadMapping } from '../runtime/mapping/load-mapping.js';
import { columnSettings, type RecordMapping } from '../runtime/mapping/record-mapping.js';
import { confirmedRun } from '../runtime/source/records/confirmed-run.js';
import { shortDigest } from '../runtime/source/records/short-digest.js';
import type { ChangeBatch, Lag, Source } from '../runtime/source/source.js';
import type { FileSourceConfig } from './config.js';
import { type Drop, dropDifference, surveyDrop } from './drop-difference.js';
import { fileRows } from './file-rows.js';
import { isProgress, isWork, type LastFile, type Progress, progressFile, type Work } from './progress.js';
import { copyRegularFile, type FoundFile, isSameVersion, WatchedFolder } from './watched-folder.js';

const REFUSED_ALARM = 'file_refused';

/**
 * Publishes files dropped into a folder, each of which is a complete list of the records. A file has no log: which record is new
 * is known only by comparison with what was published before, and a file may be replaced while it is read, so that a second
 * reading after a crash would give other events with the same positions. So each file is copied first, the copy is compared
 * with the index of published records, and index and progress move only when the whole difference is confirmed.
 *
 * Invariants: within an epoch a drop number always refers to the same copy, read with the same settings; nothing of a file is
 * published before all of it was read and accepted; a refused file changes neither index nor drop number, and is read again when
 * a setting has changed; the file published last is read again when its records are mapped in another way; an epoch has one entry, one
 * key and the same filterable items, and a source that has lost a part of its state starts a new one with a snapshot.
 */
export class FileSource implements Source {
  readonly #folder: WatchedFolder;
  readonly #state: ReturnType<typeof progressFile>;
  readonly #settings: string;
  readonly #columns: string;
  #progress: Progress = newEpoch('');
  #oldestWaitingMs: number | undefined;

  constructor(
    private readonly config: FileSourceConfig,
    private readonly context: ConnectorContext,
  ) {
    this.#folder = new WatchedFolder(config);
    this.#state = progressFile(context.stateFolder, context.name);
    this.#settings = digestOfSettings(config);
    this.#columns = shortDigest(columnSettings(config));
  }

  async *changes(signal: AbortSignal): AsyncGenerator<ChangeBatch> {
    while (!signal.aborted) yield* this.#follow(await this.#mapping(), signal);
  }

  /** Two keys that become one record refuse their file. */
  #mapping(): Promise<RecordMapping> {
    return loadMapping(this.config, this.context.bus, { sourceName: 'files', keys: 'compared' });
  }

  /** Publishes files until the mapping does not fit the entry any more. */
  async *#follow(mapping: RecordMapping, signal: AbortSignal): AsyncGenerator<ChangeBatch> {
    const monitor = new EntryMonitor(this.context.bus, [mapping]);
    let work = await this.#restore(shortDigest([mapping.entry, mapping.filterable, mapping.key]));
    while (!signal.aborted && !(await monitor.hasChanged())) {
      work ??= await this.#nextWork();
      if (work) yield* this.#publish(work, mapping, signal);
      else await pause(this.config.pollMs, signal);
      work = undefined;
    }
  }

  /** Age of the oldest file that is not published completely. */
  async lag(): Promise<Lag> {
    const since = this.#oldestWaitingMs;
    return { amount: since === undefined ? 0 : Math.max(0, (Date.now() - since) / 1000), unit: 'seconds' };
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  /** Loads the state, or starts an epoch when a part of it is lost. Resolves with the work that a crash interrupted. */
  async #restore(identity: string): Promise<Work | undefined> {
    const onUnusable = (path: string): void =>
      this.context.log.error({ path }, 'the state file is damaged: starting a new epoch with a snapshot');
    const stored = this.#state.file.readIfUsable(isProgress, onUnusable);
    await this.#state.held.load();
    const work = this.#state.work.readIfUsable(isWork, onUnusable);
    const isInterrupted = stored && work && work.drop > stored.drop && existsSync(this.#state.workCopy);
    const interrupted = isInterrupted ? work : undefined;
    if (!stored || this.#hasLostIndex(stored, isInterrupted === true) || !this.#canResume(interrupted)) {
      await this.#startEpoch(identity);
      return undefined;
    }
    const hasIdentity = (stored.identity ?? identity) === identity;
    if (stored.last && !(hasIdentity && stored.last.columns === this.#columns)) this.#reportMapping(stored.last);
    if (hasIdentity) {
      this.#progress = { ...stored, identity };
      if (stored.identity === undefined) await this.#state.file.write(this.#progress);
      this.#reportRefusals();
      return interrupted;
    }
    // Earlier lists are outdated; the last one is the snapshot of the new epoch.
    const { [stored.last?.name ?? '']: _last, ...done } = stored.done;
    await this.#startEpoch(identity, { done, refused: stored.refused });
    return undefined;
  }

  #reportMapping({ name }: LastFile): void {
    const isThere = existsSync(join(this.config.folder, name));
    const then = isThere ? 'reading the file again' : 'the file is gone, so the next one brings the records up to date';
    this.context.log.warn({ file: name }, `records are mapped in another way than before: ${then}`);
  }

  #hasLostIndex({ drop, records }: Progress, isInterrupted: boolean): boolean {
    const { size } = this.#state.held;
    // While a drop is being completed the index may be on disk before the progress is.
    const isCounted = records !== undefined && !isInterrupted;
    const isLost = isCounted ? records !== size : size === 0 && (records ?? drop) > 0;
    if (isLost) this.context.log.error('the index of published records is lost: starting a new epoch with a snapshot');
    return isLost;
  }

  /** Events of an interrupted drop may be at the bus: it goes on with the same copy and settings, or not at all. */
  #canResume(interrupted: Work | undefined): boolean {
    return (interrupted?.settings ?? this.#settings) === this.#settings;
  }

  async #startEpoch(identity: string, kept: Partial<Progress> = {}): Promise<void> {
    this.#progress = { ...newEpoch(identity), ...kept };
    await this.#state.held.clear();
    await rm(this.#state.workCopy, { force: true });
    await this.#state.file.write(this.#progress);
    this.#reportRefusals();
  }

  /** Copies the next file that was neither published nor refused. */
  async #nextWork(): Promise<Work | undefined> {
    const files = await this.#folder.completeFiles(performance.now());
    const next = files.find((file) => !this.#isProcessed(file));
    this.#oldestWaitingMs = next?.version.modifiedMs;
    if (!next) return undefined;
    const work = { name: next.name, mark: next.version, drop: this.#progress.drop + 1, settings: this.#settings };
    if (next.isLink) {
      await this.#refuse(work, new BrokenFileError('it is a symbolic link, which is not followed'));
      return undefined;
    }
    if (!(await this.#copy(next))) return undefined;
    await this.#state.work.write(work);
    await rename(`${this.#state.workCopy}.new`, this.#state.workCopy);
    return work;
  }

  #isProcessed({ name, version }: FoundFile): boolean {
    const refused = this.#progress.refused?.[name];
    const isRefused = isSameVersion(refused, version) && refused?.settings === this.#settings;
    return isRefused || (isSameVersion(this.#progress.done[name], version) && !this.#isMappedOtherwise(name));
  }

  #isMappedOtherwise(name: string): boolean {
    const { last } = this.#progress;
    return last?.name === name && last.columns !== this.#columns;
  }

  /** False when the file is gone or has changed meanwhile, so that it was not complete after all. */
  async #copy({ path, name, version }: FoundFile): Promise<boolean> {
    await rm(this.#state.workCopy, { force: true });
    if (!(await copyRegularFile(path, `${this.#state.workCopy}.new`))) return false;
    const now = await this.#folder.completeFiles(performance.now());
    return now.some((file) => file.name === name && !file.isLink && isSameVersion(file.version, version));
  }

  async *#publish(work: Work, mapping: RecordMapping, signal: AbortSignal): AsyncGenerator<ChangeBatch> {
    const { held } = this.#state;
    const rows = () => fileRows(this.#state.workCopy, work.name, mapping.columns, this.config);
    const isSnapshot = this.#progress.drop === 0;
    const drop: Drop = { number: work.drop, epoch: this.#progress.epoch, isSnapshot, rows };
    try {
      const survey = await surveyDrop(drop, mapping, held, this.config.deletedShareMax);
      yield* confirmedRun(dropDifference(drop, survey, mapping, held), () => this.#complete(work), signal);
    } catch (error) {
      if (!(error instanceof BrokenFileError)) throw error;
      await this.#refuse(work, error);
    }
  }

  async #complete({ name, mark, drop }: Work): Promise<void> {
    const { held } = this.#state;
    await held.flush(held.checkpoint());
    const { epoch, identity, done, refused = {} } = this.#progress;
    // A later list is published: the refused ones are outdated, also if a setting changes.
    const outdated = Object.fromEntries(
      Object.entries(refused).map(([one, { size, modifiedMs }]) => [one, { size, modifiedMs }]),
    );
    const last = { name, columns: this.#columns };
    await this.#store({
      epoch,
      identity,
      drop,
      done: { ...done, ...outdated, [name]: mark },
      last,
      records: held.size,
    });
  }

  async #refuse({ name, mark, settings = this.#settings }: Work, error: BrokenFileError): Promise<void> {
    this.context.log.error({ file: name }, `file refused: ${error.message}`);
    const { refused = {} } = this.#progress;
    await this.#store({ ...this.#progress, refused: { ...refused, [name]: { ...mark, settings } } });
  }

  async #store(progress: Progress): Promise<void> {
    this.#progress = progress;
    await this.#state.file.write(progress);
    await rm(this.#state.workCopy, { force: true });
    this.#oldestWaitingMs = undefined;
    this.#reportRefusals();
  }

  /** The alarm lasts until a file is published, over restarts as well. */
  #reportRefusals(): void {
    this.context.metrics.alarm(REFUSED_ALARM, Object.keys(this.#progress.refused ?? {}).length > 0);
  }
}

const newEpoch = (identity: string): Progress => ({ epoch: randomUUID(), identity, drop: 0, done: {}, records: 0 });

/** Everything that decides which records a file has, and whether they are published. */
const digestOfSettings = (config: FileSourceConfig): string => {
  const { entry, key, encoding, delimiter, sheet, deletedShareMax } = config;
  return shortDigest([entry, key, columnSettings(config), encoding, delimiter, sheet, deletedShareMax]);
};
