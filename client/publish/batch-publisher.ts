import type { PublishResult } from '../../proto/frames/frames.js';
import { errorOfResponse } from '../bus-api.js';
import { httpUrl } from '../bus-url.js';
import { ApiError, ConnectionLostError, ProtocolError } from '../errors.js';

export interface BatchPublishOptions {
  /** Address of the bus, e.g. `https://bus.example`; a path before /v1 is kept. */
  url: string;
  token?: string | undefined;
  /** All or none; then all of one entry and at most 1,000. */
  atomic: boolean;
  signal: AbortSignal;
}

/** The broker answers when the batch is on disk; a minute without an answer means that it lost the question. */
const ANSWER_TIMEOUT_MS = 60_000;

/**
 * Publishes one batch, each event as JSON text, in one HTTP request and resolves with a result per event, in order. Rejects with ConnectionLostError when
 * it is not known what became of it, and with ApiError when the bus refused the request as a whole.
 */
export async function publishBatch(events: readonly string[], options: BatchPublishOptions): Promise<PublishResult[]> {
  const url = httpUrl(options.url, '/v1/events');
  if (options.atomic) url.searchParams.set('atomic', 'true');
  const response = await send(url, events, options);
  if (!response.ok) throw await refusalOf(response, url);
  const results = await read(response, url);
  if (!Array.isArray(results) || results.length !== events.length) {
    throw new ProtocolError(`${url.origin} answered ${events.length} events with something else than as many results`);
  }
  return results as PublishResult[];
}

async function send(url: URL, events: readonly string[], options: BatchPublishOptions): Promise<Response> {
  const headers: Record<string, string> = { 'content-type': 'application/cloudevents-batch+json' };
  if (options.token !== undefined) headers.authorization = `Bearer ${options.token}`;
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(ANSWER_TIMEOUT_MS)]);
  try {
    return await fetch(url, { method: 'POST', headers, body: `[${events.join(',')}]`, signal });
  } catch (error) {
    throw connectionLost(url, error);
  }
}

async function read(response: Response, url: URL): Promise<unknown> {
  try {
    return await response.json();
  } catch (error) {
    throw connectionLost(url, error);
  }
}

/** What stands between us and the bus may answer for it; its 5xx passes like the bus's own. */
async function refusalOf(response: Response, url: URL): Promise<Error> {
  const error = await errorOfResponse(response, url);
  return error instanceof ApiError || response.status < 500 ? error : connectionLost(url, error);
}

function connectionLost(url: URL, cause: unknown): ConnectionLostError {
  return new ConnectionLostError(`${url.origin} did not answer a batch of events`, 'CONNECTION_LOST', { cause });
}
