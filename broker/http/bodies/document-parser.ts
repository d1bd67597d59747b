import { Worker } from 'node:worker_threads';
import { SerialQueue } from '../../../proto/async/serial-queue.js';
import { SluiceError } from '../../../proto/errors.js';
import { BodyFile } from './body-file.js';
import type { DocumentAnswer, DocumentRequest, DocumentSource } from './document-messages.js';
import { halfPairs, inexactNumbers } from './i-json-documents.js';
import { notUtf8 } from './parse-json.js';

/** The 40,000 entries of a province take about four seconds. */
const PARSE_MS_MAX = 30_000;
/**
 * Heap of the thread: what a bundle of the size takes, with as much again to spare. A document made to take more, of maps without
 * keys say, is refused. An idle thread is used again for a document that fits it.
 */
const HEAP_MB_MIN = 96;
const HEAP_MB_STEP = 32;
const HEAP_MB_PER_MB = { JSON: 8, YAML: 32 };
/** Documents come from officers, one by one. */
const WAITING_MAX = 8;
/** A thread that has nothing to do gives its memory back. */
const IDLE_MS_MAX = 10_000;

type Format = 'JSON' | 'YAML';

/**
 * Parses documents of officers (bundles, entries) in a thread of its own. YAML has inputs on which a parser of 1 MB
 * takes minutes, and a large document of any format takes seconds: on the event loop nobody else would be served
 * meanwhile. The thread has a bound of time and of memory and is ended when it reaches one; its values come back in pieces, since
 * taking over a whole bundle at once would hold the loop as long as parsing it. Decision: docs/decisions/0066.
 */
export class DocumentParser {
  #worker: Worker | undefined;
  #heapMb = 0;
  readonly #documents = new SerialQueue();
  #waiting = 0;
  #idle: NodeJS.Timeout | undefined;

  /** Throws BAD_JSON or BAD_REQUEST, NOT_UTF8, TOO_LARGE or TOO_MANY. One document at a time. */
  parse(text: Uint8Array | BodyFile, format: Format): Promise<unknown> {
    if (this.#waiting >= WAITING_MAX) {
      return Promise.reject(new SluiceError('TOO_MANY', `${WAITING_MAX} documents are waiting to be parsed already`));
    }
    this.#waiting++;
    const parsed = this.#documents.run(() =>
      text instanceof BodyFile
        ? text.use((source) => this.#parse(source, source.bytes, format))
        : this.#parse(text, text.length, format),
    );
    return parsed.finally(() => this.#waiting--);
  }

  async close(): Promise<void> {
    clearTimeout(this.#idle);
    await this.#worker?.terminate();
    this.#worker = undefined;
  }

  async #parse(source: DocumentSource, bytes: number, format: Format): Promise<unknown> {
    clearTimeout(this.#idle);
    // In steps, so that documents of about one size use the same thread.
    const steps = Math.ceil((bytes / 1024 ** 2) * (HEAP_MB_PER_MB[format] / HEAP_MB_STEP) - 0.5);
    const heapMb = HEAP_MB_MIN + Math.max(0, steps) * HEAP_MB_STEP;
    if (heapMb > this.#heapMb) await this.close();
    this.#worker ??= this.#startWorker(heapMb);
    try {
      return await assemble(this.#worker, { kind: 'parse', source, isYaml: format === 'YAML' }, format);
    } catch (error) {
      // A failure of the thread itself, or a parse that must be cut off: the next document gets a new thread.
      if (!(error instanceof SluiceError) || error.code === 'TOO_LARGE') await this.close();
      throw error instanceof SluiceError ? error : tooLarge('more memory', error);
    } finally {
      this.#idle = setTimeout(() => void this.close(), IDLE_MS_MAX);
      this.#idle.unref();
    }
  }

  #startWorker(heapMb: number): Worker {
    this.#heapMb = heapMb;
    const worker = new Worker(new URL('./document-worker.js', import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: heapMb },
      env: {},
    });
    worker.unref();
    // An error fails the parse in progress; without one nothing depends on the thread.
    worker.on('error', () => {});
    worker.once('exit', () => {
      if (this.#worker === worker) this.#worker = undefined;
    });
    return worker;
  }
}

const tooLarge = (what: string, cause?: unknown): SluiceError =>
  new SluiceError('TOO_LARGE', `parsing the document takes ${what} than is allowed: split it`, {}, { cause });

function assemble(worker: Worker, request: DocumentRequest, format: Format): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const document: Record<string, unknown> = {};
    const finish = (settle: () => void): void => {
      clearTimeout(timer);
      worker.off('message', take);
      worker.off('error', fail);
      worker.off('exit', fail);
      settle();
    };
    const fail = (error: unknown): void => finish(() => reject(error));
    const take = (answer: DocumentAnswer): void => {
      if (answer.kind === 'done') finish(() => resolve(document));
      else if (answer.kind === 'whole') finish(() => resolve(answer.value));
      else if (answer.kind === 'failed') fail(failureOf(answer, format));
      else {
        if (answer.kind === 'member') setOwn(document, answer.key, answer.value);
        else (document[answer.key] as unknown[]).push(...answer.elements);
        worker.postMessage({ kind: 'next' } satisfies DocumentRequest);
      }
    };
    const timer = setTimeout(() => fail(tooLarge('more time')), PARSE_MS_MAX);
    worker.on('message', take);
    worker.once('error', fail);
    worker.once('exit', fail);
    worker.postMessage(request);
  });
}

/** `__proto__` is a key like any other. */
function setOwn(document: object, key: string, value: unknown): void {
  Object.defineProperty(document, key, { value, enumerable: true, configurable: true, writable: true });
}

function failureOf(answer: Extract<DocumentAnswer, { kind: 'failed' }>, format: Format): SluiceError {
  if ('paths' in answer) return answer.code === 'INEXACT' ? inexactNumbers(answer.paths) : halfPairs(answer.paths);
  const { code, where } = answer;
  if (code === 'NOT_UTF8') return notUtf8();
  if (code === 'TOO_DEEP')
    return new SluiceError('TOO_LARGE', 'the document has more than 64 levels of maps and lists');
  return new SluiceError(format === 'JSON' ? 'BAD_JSON' : 'BAD_REQUEST', where ?? `the text is not ${format}`);
}
