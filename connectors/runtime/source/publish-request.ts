import { ClientError, ConnectionLostError } from '../../../client/errors.js';
import { publishBatch } from '../../../client/publish/batch-publisher.js';
import { ERROR_KINDS, type ErrorCode, type Problem } from '../../../proto/errors.js';
import type { PublishResult } from '../../../proto/frames/frames.js';
import { BusRefusesError } from '../connector-errors.js';

export interface PublishRequestDeps {
  url: string;
  token: string;
  signal: AbortSignal;
  /** Something passes by itself; resolves when it is time for the next attempt. */
  waitOut(error: ClientError): Promise<void>;
}

/** Problems of an event that do not end in the quarantine: nothing of this entry would ever arrive. */
const WHOLE_ENTRY_REFUSED: ReadonlySet<ErrorCode> = new Set([
  'NOT_AUTHENTICATED',
  'NOT_ALLOWED',
  'FOREIGN_ENTRY',
  'FOREIGN_SOURCE',
  'UNKNOWN_ENTRY',
]);

/** Sends events, as JSON texts, until there is an answer that will not change; undefined when the signal came first. */
export async function publishRequest(
  texts: readonly string[],
  atomic: boolean,
  deps: PublishRequestDeps,
): Promise<PublishResult[] | undefined> {
  while (!deps.signal.aborted) {
    const results = await attempt(texts, atomic, deps);
    if (!results) continue;
    const problems = results.flatMap(({ problem }) => (problem ? [problem] : []));
    const wholeEntry = problems.find(({ code }) => WHOLE_ENTRY_REFUSED.has(code));
    if (wholeEntry) throw new BusRefusesError(`${wholeEntry.code}: ${wholeEntry.detail}`);
    const retryable = problems.find(isRetryable);
    if (!retryable) return results;
    await deps.waitOut(new ConnectionLostError(retryable.detail, retryable.code));
  }
  return undefined;
}

/** Undefined when it has to be made again. */
async function attempt(
  texts: readonly string[],
  atomic: boolean,
  { url, token, signal, waitOut }: PublishRequestDeps,
): Promise<PublishResult[] | undefined> {
  try {
    return await publishBatch(texts, { url, token, atomic, signal });
  } catch (error) {
    if (signal.aborted) return undefined;
    if (!(error instanceof ClientError) || !error.retryable) throw error;
    await waitOut(error);
    return undefined;
  }
}

const isRetryable = ({ code, status }: Problem): boolean => ERROR_KINDS[code]?.retryable ?? status >= 500;
