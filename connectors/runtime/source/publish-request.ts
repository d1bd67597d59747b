import { ApiError, ClientError, ConnectionLostError } from '../../../client/errors.js';
import { publishBatch } from '../../../client/publish/batch-publisher.js';
import { isRetryableProblem } from '../../../client/retryable.js';
import type { ErrorCode } from '../../../proto/errors.js';
import type { PublishResult } from '../../../proto/frames/frames.js';
import { BusRefusesError } from '../connector-errors.js';
import { oversizedEvent } from './oversized-event.js';

export interface PublishRequestDeps {
  url: string;
  token: string;
  signal: AbortSignal;
  /** Called after a retryable failure; resolves when the next attempt is due. */
  waitOut(error: ClientError): Promise<void>;
}

/** Problems that concern every event of the entry: quarantining one after the other would lose all of them. */
const WHOLE_ENTRY_REFUSED: ReadonlySet<ErrorCode> = new Set([
  'NOT_AUTHENTICATED',
  'NOT_ALLOWED',
  'FOREIGN_ENTRY',
  'FOREIGN_SOURCE',
  'UNKNOWN_ENTRY',
]);

/** Sends events, as JSON texts, until the bus gives a final answer; undefined when the signal was aborted first. */
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
    const retryable = problems.find(isRetryableProblem);
    if (!retryable) return results;
    await deps.waitOut(new ConnectionLostError(retryable.detail, retryable.code));
  }
  return undefined;
}

/** Undefined when the attempt has to be repeated. */
async function attempt(
  texts: readonly string[],
  atomic: boolean,
  deps: PublishRequestDeps,
): Promise<PublishResult[] | undefined> {
  const { url, token, signal, waitOut } = deps;
  try {
    return await publishBatch(texts, { url, token, atomic, signal });
  } catch (error) {
    if (signal.aborted) return undefined;
    if (error instanceof ApiError && error.code === 'TOO_LARGE') return withoutOversized(texts, atomic, error, deps);
    if (!(error instanceof ClientError) || !error.retryable) throw error;
    await waitOut(error);
    return undefined;
  }
}

/**
 * The bus refuses a whole request for one event that is too large. An atomic batch is split by its caller; other requests are
 * halved until that event is alone, and then it is replaced.
 */
async function withoutOversized(
  texts: readonly string[],
  atomic: boolean,
  error: ApiError,
  deps: PublishRequestDeps,
): Promise<PublishResult[] | undefined> {
  if (atomic) return texts.map(() => ({ problem: { ...error.problem, code: 'BATCH_REFUSED' } }));
  const [only] = texts;
  if (texts.length === 1 && only !== undefined) return publishRequest([oversizedEvent(only)], false, deps);
  const middle = Math.ceil(texts.length / 2);
  const first = await publishRequest(texts.slice(0, middle), false, deps);
  const second = first && (await publishRequest(texts.slice(middle), false, deps));
  return second && [...first, ...second];
}
