import { Worker } from 'node:worker_threads';
import { SerialQueue } from '../../../proto/async/serial-queue.js';
import { SluiceError } from '../../../proto/errors.js';
import type { DcatFile } from '../dcat/dcat-file.js';
import type { FileAnswer, FileRequest } from './file-messages.js';
import type { SheetFile } from './sheet-entry.js';

/** 100,000 rows of twenty columns take some ten seconds. */
const READ_MS_MAX = 120_000;
/** A sheet unpacks to at most 512 MiB, and is held as text and as rows. */
const HEAP_MB = 1_536;
/** Files come from officers, one by one. */
const WAITING_MAX = 4;

type Reading = Extract<FileRequest, { kind: 'read' }>['reading'];

/** Reads files of catalogs in a thread with bounds of time and memory, one file at a time. */
export class SheetFileReader {
  readonly #files = new SerialQueue();
  #waiting = 0;

  /** Throws BAD_REQUEST for an unusable file, and TOO_MANY. */
  read(reading: Reading): Promise<SheetFile | DcatFile> {
    if (this.#waiting >= WAITING_MAX) {
      return Promise.reject(new SluiceError('TOO_MANY', `${WAITING_MAX} files are waiting to be read already`));
    }
    this.#waiting++;
    return this.#files.run(() => readInThread(reading)).finally(() => this.#waiting--);
  }
}

async function readInThread(reading: Reading): Promise<SheetFile | DcatFile> {
  const worker = new Worker(new URL('./file-worker.js', import.meta.url), {
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
    env: {},
  });
  try {
    return await assemble(worker, reading);
  } catch (error) {
    if (error instanceof SluiceError) throw error;
    throw unusable('it takes more memory or time than is allowed', error);
  } finally {
    await worker.terminate();
  }
}

const unusable = (why: string, cause?: unknown): SluiceError =>
  new SluiceError('BAD_REQUEST', `the file is unusable: ${why}`, {}, { cause });

function assemble(worker: Worker, reading: Reading): Promise<SheetFile | DcatFile> {
  return new Promise((resolve, reject) => {
    let file: SheetFile | DcatFile | undefined;
    const timer = setTimeout(() => reject(unusable('it takes more time than is allowed')), READ_MS_MAX);
    const settle = (then: () => void): void => {
      clearTimeout(timer);
      then();
    };
    worker.on('message', (answer: FileAnswer) => {
      if (answer.kind === 'unusable') return settle(() => reject(unusable(answer.message)));
      if (answer.kind === 'done') return settle(() => resolve(file as SheetFile | DcatFile));
      if (answer.kind === 'file') file = answer.file;
      else (file?.entries as unknown[] | undefined)?.push(...answer.entries);
      return worker.postMessage({ kind: 'next' } satisfies FileRequest);
    });
    worker.once('error', (error) => settle(() => reject(error)));
    worker.once('exit', () => settle(() => reject(new Error('the thread that reads the file ended'))));
    worker.postMessage({ kind: 'read', reading } satisfies FileRequest);
  });
}
