import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, open, rename, rm } from 'node:fs/promises';
import { pause } from '../../client/pause.js';
import type { ConnectorContext } from '../runtime/connector-context.js';
import { loadMapping } from '../runtime/mapping/load-mapping.js';
import type { RecordMapping } from '../runtime/mapping/record-mapping.js';
import { confirmedRun } from '../runtime/source/records/confirmed-run.js';
import type { ChangeBatch, Lag, Source } from '../runtime/source/source.js';
import type { FileSourceConfig } from './config.js';
import { type Drop, dropDifference, surveyDrop } from './drop-difference.js';
import { BrokenFileError, fileRows } from './file-rows.js';
import { type FileVersion, type Progress, progressFile } from './progress.js';
import { type FoundFile, isSameVersion, WatchedFolder } from './watched-folder.js';

const REFUSED_ALARM = 'file_refused';

/** The drop that is being published. It is stored, so that a restart publishes the same copy under the same number. */
interface Work {
  name: string;
  mark: FileVersion;
  drop: number;
}

/**
 * Publishes files dropped into a folder, each of which is a complete list of the records. A file has no log: which record is new
 * is known only by comparison with what was published before, and a file may be replaced while it is read, so that a second
 * reading after a crash would give other events with the same positions. So each file is copied first, the copy is compared
 * with the index of published records, and index and progress move only when the whole difference is confirmed.
 *
 * Invariants: the same drop number always refers to the same copy; nothing of a file is published before all of it was read and
 * accepted; a refused file changes neither index nor drop number.
 */
export class FileSource implements Source {
  readonly #folder: WatchedFolder;
  readonly #state: ReturnType<typeof progressFile>;
  #progress: Progress = { epoch: randomUUID(), drop: 0, done: {} };
  #oldestWaitingMs: number | undefined;

  constructor(
    private readonly config: FileSourceConfig,
    private readonly context: ConnectorContext,
  ) {
    this.#folder = new WatchedFolder(config);
    this.#state = progressFile(context.stateFolder, context.name);
  }

  async *changes(signal: AbortSignal): AsyncGenerator<ChangeBatch> {
    const mapping = await loadMapping(this.config, this.context.bus, 'files');
    const stored = this.#state.file.read();
    if (stored) this.#progress = stored;
    else await this.#state.file.write(this.#progress);
    await this.#state.held.load();
    let work = await this.#interruptedWork();
    while (!signal.aborted) {
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

  async #interruptedWork(): Promise<Work | undefined> {
    const work = this.#state.work.read();
    return work && work.drop > this.#progress.drop && existsSync(this.#state.workCopy) ? work : undefined;
  }

  /** Copies the next file that was not processed yet. */
  async #nextWork(): Promise<Work | undefined> {
    const files = await this.#folder.completeFiles(Date.now());
    const [next] = files.filter(({ name, version }) => !isSameVersion(this.#progress.done[name], version));
    this.#oldestWaitingMs = next?.version.modifiedMs;
    if (!next || !(await this.#copy(next))) return undefined;
    const work = { name: next.name, mark: next.version, drop: this.#progress.drop + 1 };
    await this.#state.work.write(work);
    await rename(`${this.#state.workCopy}.new`, this.#state.workCopy);
    return work;
  }

  /** False when the file is gone or has changed meanwhile, so that it was not complete after all. */
  async #copy({ path, name, version }: FoundFile): Promise<boolean> {
    const copy = `${this.#state.workCopy}.new`;
    await rm(this.#state.workCopy, { force: true });
    try {
      await copyFile(path, copy);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
      throw error;
    }
    await syncFile(copy);
    const now = await this.#folder.completeFiles(Date.now());
    return now.some((file) => file.name === name && isSameVersion(file.version, version));
  }

  async *#publish(work: Work, mapping: RecordMapping, signal: AbortSignal): AsyncGenerator<ChangeBatch> {
    const { held } = this.#state;
    const rows = () => fileRows(this.#state.workCopy, work.name, this.config);
    const drop: Drop = { number: work.drop, epoch: this.#progress.epoch, rows };
    try {
      const survey = await surveyDrop(drop, mapping, held, this.config.deletedShareMax);
      yield* confirmedRun(dropDifference(drop, survey, mapping, held), () => this.#complete(work), signal);
    } catch (error) {
      if (!(error instanceof BrokenFileError)) throw error;
      await this.#refuse(work, error);
    }
  }

  async #complete(work: Work): Promise<void> {
    await this.#state.held.flush();
    this.context.metrics.alarm(REFUSED_ALARM, false);
    await this.#finish(work, work.drop);
  }

  async #refuse(work: Work, error: BrokenFileError): Promise<void> {
    this.context.metrics.alarm(REFUSED_ALARM, true);
    this.context.log.error({ file: work.name }, `file refused: ${error.message}`);
    await this.#finish(work, this.#progress.drop);
  }

  async #finish({ name, mark }: Work, drop: number): Promise<void> {
    this.#progress = { ...this.#progress, drop, done: { ...this.#progress.done, [name]: mark } };
    await this.#state.file.write(this.#progress);
    await rm(this.#state.workCopy, { force: true });
    this.#oldestWaitingMs = undefined;
  }
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
