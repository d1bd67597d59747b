import type { PublishResult } from '../../proto/frames/frames.js';
import { errorOfResponse } from '../bus-api.js';
import { httpUrl } from '../bus-url.js';
import { ApiError, ConnectionLostError, ProtocolError } from '../errors.js';
import { isRetryableStatus } from '../retryable.js';

export interface BatchPublishOptions {
  /** Address of the bus, e.g. `https://bus.example`; a path before /v1 is kept. */
  url: string;
  token?: string | undefined;
  /** Store all events or none. They must be of one entry then, and at most 1,000. */
  atomic: boolean;
  signal: AbortSignal;
  /** In place of the `fetch` of the platform. */
  fetch?: typeof globalThis.fetch | undefined;
}

/** The broker answers once the batch is on disk. A minute without an answer means that the request was lost. */
const ANSWER_TIMEOUT_MS = 60_000;

/**
 * Publishes a batch in one HTTP request, each event as JSON text, and resolves with a result per event, in order. Rejects with
 * ConnectionLostError when its outcome is unknown, and with ApiError when the bus refused the request as a whole.
 */
export async function publishBatch(events: readonly string[], options: BatchPublishOptions): Promise<PublishResult[]> {
  const url = httpUrl(options.url, '/v1/events');
  if (options.atomic) url.searchParams.set('atomic', 'true');
  const response = await send(url, events, options);
  if (!response.ok) throw await refusalOf(response, url);
  const results = await read(response, url);
  if (!Array.isArray(results) || results.length !== events.length) {
    throw new ProtocolError(`${url.origin} answered a batch of ${events.length} events with another number of results`);
  }
  return results as PublishResult[];
}

async function send(url: URL, events: readonly string[], options: BatchPublishOptions): Promise<Response> {
  const headers: Record<string, string> = { 'content-type': 'application/cloudevents-batch+json' };
  if (options.token !== undefined) headers.authorization = `Bearer ${options.token}`;
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(ANSWER_TIMEOUT_MS)]);
  const { fetch = globalThis.fetch } = options;
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

/** A proxy may answer instead of the bus, without a problem document: its status decides whether the batch is retried. */
async function refusalOf(response: Response, url: URL): Promise<Error> {
  const error = await errorOfResponse(response, url);
  return error instanceof ApiError || !isRetryableStatus(response.status) ? error : connectionLost(url, error);
}

function connectionLost(url: URL, cause: unknown): ConnectionLostError {
  return new ConnectionLostError(`${url.origin} did not answer a batch of events`, 'CONNECTION_LOST', { cause });
}
