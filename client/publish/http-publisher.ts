import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { PublishResult } from '../../proto/frames/frames.js';
import { parseProblem } from '../bus-api.js';
import { httpUrl } from '../bus-url.js';
import { ApiError, type ClientError, ConnectionLostError, ProtocolError } from '../errors.js';
import { checkBusSettings } from '../service-settings.js';

export interface HttpPublishOptions {
  url: string;
  token?: string | undefined;
  /** NDJSON in chunks of any size, one event per line. A blank line holds no event but counts as a line. */
  body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  /** Called for each refused event, in order, while later events are still being sent. */
  onRefused(result: PublishResult): void;
  signal?: AbortSignal | undefined;
}

export interface PublishSummary {
  accepted: number;
  duplicates: number;
  refused: number;
}

const NEWLINE = 0x0a;
const SPACE = 0x20;
/** A longer response is not a problem document. */
const PROBLEM_BYTES_MAX = 64 * 1024;

/**
 * Publishes many events in one HTTP request as NDJSON. Resolves when the bus has answered every line. Rejects with
 * ConnectionLostError when the request broke off; sending all of it again within two minutes stores no event twice.
 */
export async function publishHttp(options: HttpPublishOptions): Promise<PublishSummary> {
  checkBusSettings(options);
  const url = httpUrl(options.url, '/v1/events');
  url.searchParams.set('results', 'problems');
  const open = url.protocol === 'https:' ? requestHttps : requestHttp;
  const request = open(url, { method: 'POST', headers: headersOf(options), signal: options.signal });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    request.on('response', resolve);
    request.on('error', reject);
  });
  const counter = new LineCounter();
  // The response carries the reason. A request body that breaks because the response came early adds nothing to it.
  const sent = pipeline(Readable.from(counter.pass(options.body)), request).catch(() => undefined);
  try {
    const summary = await readAnswer(await answered, options.onRefused);
    await sent;
    return checkComplete(summary, counter.lines);
  } catch (error) {
    throw toConnectionLost(error, url);
  } finally {
    request.destroy();
  }
}

function headersOf({ token }: HttpPublishOptions): Record<string, string> {
  const headers: Record<string, string> = { 'content-type': 'application/x-ndjson' };
  if (token !== undefined) headers.authorization = `Bearer ${token}`;
  return headers;
}

/** Counts the non-blank lines of a body while it is sent. */
class LineCounter {
  lines = 0;

  async *pass(body: HttpPublishOptions['body']): AsyncGenerator<Uint8Array> {
    let isBlank = true;
    for await (const chunk of body) {
      for (const byte of chunk) {
        if (byte > SPACE && isBlank) this.lines++;
        isBlank = byte === NEWLINE || (isBlank && byte <= SPACE);
      }
      yield chunk;
    }
  }
}

async function readAnswer(
  response: IncomingMessage,
  onRefused: HttpPublishOptions['onRefused'],
): Promise<PublishSummary | undefined> {
  if (response.statusCode !== 200) throw await errorOf(response);
  let summary: PublishSummary | undefined;
  for await (const line of linesOf(response)) {
    const answer = JSON.parse(line) as PublishResult | PublishSummary;
    if ('accepted' in answer) summary = answer;
    else onRefused(answer);
  }
  return summary;
}

async function* linesOf(response: IncomingMessage): AsyncGenerator<string> {
  let rest = '';
  response.setEncoding('utf8');
  for await (const chunk of response as AsyncIterable<string>) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    yield* lines.filter((line) => line !== '');
  }
  if (rest !== '') yield rest;
}

async function errorOf(response: IncomingMessage): Promise<ClientError> {
  let text = '';
  response.setEncoding('utf8');
  for await (const chunk of response as AsyncIterable<string>) {
    text += chunk;
    if (text.length > PROBLEM_BYTES_MAX) break;
  }
  const problem = parseProblem(text);
  if (problem) return new ApiError(problem, undefined);
  return new ProtocolError(`the bus answered HTTP ${response.statusCode} without a problem document`);
}

/** A broker that shuts down answers the lines that it has read, so its summary counts fewer lines than were sent. */
function checkComplete(summary: PublishSummary | undefined, lines: number): PublishSummary {
  const answered = summary ? summary.accepted + summary.duplicates + summary.refused : 0;
  if (summary && answered === lines) return summary;
  const known = summary
    ? `the bus answered ${answered} of ${lines} events`
    : 'the response broke off before its summary';
  throw new ConnectionLostError(`${known}; send all of them again`);
}

function toConnectionLost(error: unknown, url: URL): Error {
  const { code, message } = error as NodeJS.ErrnoException;
  const isOurs = error instanceof ApiError || error instanceof ProtocolError || error instanceof ConnectionLostError;
  if (isOurs) return error;
  const why = code ?? message;
  return new ConnectionLostError(`${url.origin} cannot be reached: ${why}`, 'CONNECTION_LOST', { cause: error });
}
