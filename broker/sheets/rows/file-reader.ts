import { Worker } from 'node:worker_threads';
import { inflateRawSync } from 'node:zlib';
import { SerialQueue } from '../../../proto/async/serial-queue.js';
import { SluiceError } from '../../../proto/errors.js';
import type { DcatEntry, DcatFile } from '../dcat/dcat-file.js';
import type { FileAnswer, FileHead, FileRequest } from './file-messages.js';
import type { Fault, SheetEntry, SheetFile } from './sheet-entry.js';

/** 100,000 rows of twenty columns take some ten seconds. */
const READ_MS_MAX = 120_000;
/** A sheet unpacks to at most 512 MiB, and is held as text and as rows. */
const HEAP_MB = 1_536;
/** Files come from officers, one by one. */
const WAITING_MAX = 4;

type Reading = Extract<FileRequest, { kind: 'read' }>['reading'];

/** A file whose entries are unpacked as they are asked for, once. */
export type ReadFile = (Omit<SheetFile, 'entries'> & { entries: Iterable<SheetEntry> }) | UnpackedDcat;
export type UnpackedDcat = Omit<DcatFile, 'entries'> & { entries: Iterable<DcatEntry> };

/**
 * Reads files of catalogs in a thread with bounds of time and memory, one file at a time. What the broker keeps of a file are
 * the entries as deflated JSON: as objects those of 100,000 rows take half a gigabyte of its heap, which every collection of
 * garbage would walk through while everybody waits.
 */
export class SheetFileReader {
  readonly #files = new SerialQueue();
  #waiting = 0;

  /** Throws BAD_REQUEST for an unusable file, TOO_MANY, and REQUEST_TIMEOUT once nobody waits for the file any more. */
  read(reading: Reading, gone: AbortSignal): Promise<ReadFile> {
    if (this.#waiting >= WAITING_MAX) {
      return Promise.reject(new SluiceError('TOO_MANY', `${WAITING_MAX} files are waiting to be read already`));
    }
    this.#waiting++;
    const inTurn = this.#files.run(() => (gone.aborted ? Promise.reject(abandoned()) : readInThread(reading, gone)));
    return inTurn.finally(() => this.#waiting--);
  }
}

/** A file that nobody waits for holds up those behind it no longer. */
const abandoned = (): SluiceError => new SluiceError('REQUEST_TIMEOUT', 'the file was given up by the caller');

async function readInThread(reading: Reading, gone: AbortSignal): Promise<ReadFile> {
  const worker = new Worker(new URL('./file-worker.js', import.meta.url), {
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
    env: {},
  });
  try {
    return await assemble(worker, reading, gone);
  } catch (error) {
    if (error instanceof SluiceError) throw error;
    throw unusable('it takes more memory or time than is allowed', error);
  } finally {
    await worker.terminate();
  }
}

/** Each piece goes once its entries are out. */
function* unpacked(pieces: Uint8Array[]): Generator<SheetEntry | DcatEntry> {
  for (let piece = pieces.shift(); piece; piece = pieces.shift()) {
    yield* JSON.parse(inflateRawSync(piece).toString('utf8')) as (SheetEntry | DcatEntry)[];
  }
}

const unusable = (why: string, cause?: unknown): SluiceError =>
  new SluiceError('BAD_REQUEST', `the file is unusable: ${why}`, {}, { cause });

function assemble(worker: Worker, reading: Reading, gone: AbortSignal): Promise<ReadFile> {
  return new Promise((resolve, reject) => {
    let head: FileHead | undefined;
    const loose: Fault[] = [];
    const pieces: Uint8Array[] = [];
    const timer = setTimeout(() => reject(unusable('it takes more time than is allowed')), READ_MS_MAX);
    const giveUp = (): void => settle(() => reject(abandoned()));
    gone.addEventListener('abort', giveUp, { once: true });
    const settle = (then: () => void): void => {
      clearTimeout(timer);
      gone.removeEventListener('abort', giveUp);
      then();
    };
    worker.on('message', (answer: FileAnswer) => {
      if (answer.kind === 'unusable') return settle(() => reject(unusable(answer.message)));
      if (answer.kind === 'done')
        return settle(() => resolve({ ...head, loose, entries: unpacked(pieces) } as ReadFile));
      if (answer.kind === 'file') head = answer.file;
      else if (answer.kind === 'loose') loose.push(...answer.loose);
      else pieces.push(answer.bytes);
      return worker.postMessage({ kind: 'next' } satisfies FileRequest);
    });
    worker.once('error', (error) => settle(() => reject(error)));
    worker.once('exit', () => settle(() => reject(new Error('the thread that reads the file ended'))));
    worker.postMessage({ kind: 'read', reading } satisfies FileRequest);
  });
}
