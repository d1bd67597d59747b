import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, open, rename, rm } from 'node:fs/promises';
import { pause } from '../../client/pause.js';
import type { SourceEvent } from '../../proto/event/event.js';
import { publishedEntry } from '../runtime/catalog-entry.js';
import type { ConnectorContext } from '../runtime/connector-context.js';
import { SourceUnfitError } from '../runtime/connector-errors.js';
import { mappingProblems, RecordMapping } from '../runtime/mapping/record-mapping.js';
import { Confirmation } from '../runtime/source/confirmation.js';
import type { ChangeBatch, Lag, Source } from '../runtime/source/source.js';
import type { FileSourceConfig } from './config.js';
import { type Drop, dropDifference, surveyDrop } from './drop-difference.js';
import { BrokenFileError, fileRows } from './file-rows.js';
import { type FileVersion, type Progress, progressFile } from './progress.js';
import { type FoundFile, isSameVersion, WatchedFolder } from './watched-folder.js';

const BATCH_EVENTS = 500;
const REFUSED_ALARM = 'file_refused';

/** The drop that is being told; it survives a restart together with its copy. */
interface Work {
  name: string;
  mark: FileVersion;
  drop: number;
}

/** Files dropped into a folder, each a complete list: the difference to the one before becomes events. */
export class FileSource implements Source {
  readonly #folder: WatchedFolder;
  readonly #places: ReturnType<typeof progressFile>;
  #progress: Progress = { epoch: randomUUID(), drop: 0, done: {} };
  #oldestWaitingMs: number | undefined;

  constructor(
    private readonly config: FileSourceConfig,
    private readonly context: ConnectorContext,
  ) {
    this.#folder = new WatchedFolder(config);
    this.#places = progressFile(context.stateFolder, context.name);
  }

  async *changes(signal: AbortSignal): AsyncGenerator<ChangeBatch> {
    const mapping = await this.#mapping();
    const stored = this.#places.file.read();
    if (stored) this.#progress = stored;
    else await this.#places.file.write(this.#progress);
    await this.#places.held.load();
    let work = await this.#interrupted();
    while (!signal.aborted) {
      work ??= await this.#take();
      if (work) yield* this.#tell(work, mapping, signal);
      else await pause(this.config.pollMs, signal);
      work = undefined;
    }
  }

  /** Since when the oldest file waits that is not told completely. */
  async lag(): Promise<Lag> {
    const since = this.#oldestWaitingMs;
    return { amount: since === undefined ? 0 : Math.max(0, (Date.now() - since) / 1000), unit: 'seconds' };
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  async #mapping(): Promise<RecordMapping> {
    const { config, context } = this;
    const entry = await publishedEntry(context.bus, config.entry);
    const problems = mappingProblems(config, config.key, entry);
    if (problems.length > 0) throw new SourceUnfitError(`files → ${config.entry}:\n- ${problems.join('\n- ')}`);
    return new RecordMapping(config, config.key, entry);
  }

  async #interrupted(): Promise<Work | undefined> {
    const work = this.#places.work.read();
    return work && work.drop > this.#progress.drop && existsSync(this.#places.workCopy) ? work : undefined;
  }

  /** Copies the next file that was not told yet. */
  async #take(): Promise<Work | undefined> {
    const files = await this.#folder.look(Date.now());
    const [next] = files.filter(({ name, mark }) => !isSameVersion(this.#progress.done[name], mark));
    this.#oldestWaitingMs = next?.mark.modifiedMs;
    if (!next || !(await this.#copy(next))) return undefined;
    const work = { name: next.name, mark: next.mark, drop: this.#progress.drop + 1 };
    await this.#places.work.write(work);
    await rename(`${this.#places.workCopy}.new`, this.#places.workCopy);
    return work;
  }

  /** False when the file is gone or has changed meanwhile: then it is not complete after all. */
  async #copy({ path, name, mark }: FoundFile): Promise<boolean> {
    const copy = `${this.#places.workCopy}.new`;
    await rm(this.#places.workCopy, { force: true });
    try {
      await copyFile(path, copy);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
      throw error;
    }
    await syncFile(copy);
    const now = await this.#folder.look(Date.now());
    return now.some((file) => file.name === name && isSameVersion(file.mark, mark));
  }

  async *#tell(work: Work, mapping: RecordMapping, signal: AbortSignal): AsyncGenerator<ChangeBatch> {
    const { held } = this.#places;
    const rows = () => fileRows(this.#places.workCopy, work.name, this.config);
    const drop: Drop = { number: work.drop, epoch: this.#progress.epoch, rows };
    try {
      const survey = await surveyDrop(drop, mapping, held, this.config.deletedShareMax);
      yield* batchesOf(dropDifference(drop, survey, mapping, held));
    } catch (error) {
      if (!(error instanceof BrokenFileError)) throw error;
      await this.#refuse(work, error);
      return;
    }
    const told = new Confirmation();
    yield { events: [], atomic: false, confirm: () => this.#complete(work).then(() => told.confirm()) };
    await told.confirmed(signal);
  }

  async #complete(work: Work): Promise<void> {
    await this.#places.held.flush();
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
    await this.#places.file.write(this.#progress);
    await rm(this.#places.workCopy, { force: true });
    this.#oldestWaitingMs = undefined;
  }
}

async function* batchesOf(events: AsyncIterable<SourceEvent>): AsyncGenerator<ChangeBatch> {
  const batch = (events: SourceEvent[]): ChangeBatch => ({ events, atomic: false, confirm: () => undefined });
  let waiting: SourceEvent[] = [];
  for await (const event of events) {
    waiting.push(event);
    if (waiting.length < BATCH_EVENTS) continue;
    yield batch(waiting);
    waiting = [];
  }
  yield batch(waiting);
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
