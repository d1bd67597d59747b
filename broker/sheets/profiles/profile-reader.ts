import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { SerialQueue } from '../../../proto/async/serial-queue.js';
import { type ProblemWhere, SluiceError } from '../../../proto/errors.js';
import type { ProfileDocument } from './profile-document.js';

/** Message of the thread that parses a profile. */
export type ProfileAnswer =
  | { kind: 'document'; document: ProfileDocument }
  | { kind: 'refused'; message: string; where: ProblemWhere };

/** The slowest that fits 64 KiB, a map of 7,000 keys, takes a second or two. */
const PARSE_MS_MAX = 30_000;
const HEAP_MB = 64;
/** Profiles come from officers, one by one. */
const WAITING_MAX = 8;

/**
 * Parses the text of profiles in threads of their own: a parser of YAML takes seconds for some texts of 64 KiB, and would hold
 * everybody up meanwhile.
 */
export class ProfileReader {
  readonly #texts = new SerialQueue();
  #waiting = 0;

  /** Throws BAD_REQUEST and TOO_MANY. */
  parse(text: string): Promise<ProfileDocument> {
    if (this.#waiting >= WAITING_MAX) {
      return Promise.reject(new SluiceError('TOO_MANY', `${WAITING_MAX} profiles are waiting to be parsed already`));
    }
    this.#waiting++;
    return this.#texts.run(() => parseInThread(text)).finally(() => this.#waiting--);
  }
}

async function parseInThread(text: string): Promise<ProfileDocument> {
  const answer = await answerOfThread(text);
  if (answer.kind === 'document') return answer.document;
  throw new SluiceError('BAD_REQUEST', answer.message, answer.where);
}

async function answerOfThread(text: string): Promise<ProfileAnswer> {
  const worker = new Worker(new URL('./profile-worker.js', import.meta.url), {
    workerData: text,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
    env: {},
  });
  try {
    const [answer] = await once(worker, 'message', { signal: AbortSignal.timeout(PARSE_MS_MAX) });
    return answer as ProfileAnswer;
  } catch (cause) {
    throw new SluiceError('BAD_REQUEST', 'the profile takes more memory or time than is allowed', {}, { cause });
  } finally {
    await worker.terminate();
  }
}
