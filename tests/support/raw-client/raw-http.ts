import type { SourceEvent } from '../../../proto/event/event.js';
import type { PublishResult } from '../../../proto/frames/frames.js';

/** The address of a broker with a credential. */
export interface HttpAddress {
  url: string;
  token: string;
}

export interface RawAnswer {
  status: number;
  headers: Headers;
  text: string;
  /** The body parsed; undefined when it is not JSON. */
  json: unknown;
}

/** The broker answered a call of a test with a status other than 2xx. */
export class CallFailedError extends Error {
  override readonly name = 'CallFailedError';
  constructor(
    call: string,
    readonly answer: RawAnswer,
  ) {
    super(`${call} was answered ${answer.status}: ${answer.text.slice(0, 2000)}`);
  }
}

export async function call(
  at: HttpAddress,
  method: string,
  path: string,
  body?: string | Uint8Array,
  contentType = 'application/json',
): Promise<RawAnswer> {
  const headers: Record<string, string> = { authorization: `Bearer ${at.token}` };
  if (body !== undefined) headers['content-type'] = contentType;
  const answer = await fetch(`${at.url}${path}`, { method, headers, ...(body === undefined ? {} : { body }) });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, text, json: parsed(text) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** As `call`, but throws CallFailedError unless the status is 2xx. */
export async function mustCall(...[at, method, path, body, contentType]: Parameters<typeof call>): Promise<RawAnswer> {
  const answer = await call(at, method, path, body, contentType);
  if (answer.status < 200 || answer.status > 299) throw new CallFailedError(`${method} ${path}`, answer);
  return answer;
}

/** Several events as one batch. */
export async function publishBatch(at: HttpAddress, events: Partial<SourceEvent>[]): Promise<PublishResult[]> {
  const body = JSON.stringify(events);
  const answer = await mustCall(at, 'POST', '/v1/events', body, 'application/cloudevents-batch+json');
  return answer.json as PublishResult[];
}

/** Each event in a call of its own; a refusal becomes a result with the problem. */
export async function publishSingly(at: HttpAddress, events: Partial<SourceEvent>[]): Promise<PublishResult[]> {
  const results: PublishResult[] = [];
  for (const event of events) {
    const answer = await call(at, 'POST', '/v1/events', JSON.stringify(event), 'application/cloudevents+json');
    const isProblem = answer.status >= 400;
    const result = answer.json as PublishResult;
    results.push(isProblem ? { problem: answer.json as NonNullable<PublishResult['problem']> } : result);
  }
  return results;
}

/** A stream of lines, answered line by line. */
export async function publishLines(at: HttpAddress, lines: readonly string[]): Promise<PublishResult[]> {
  const answer = await mustCall(at, 'POST', '/v1/events', `${lines.join('\n')}\n`, 'application/x-ndjson');
  return answer.text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as PublishResult);
}

/** Parties, systems, entries and grants at once, by the platform operator. */
export async function applyBundle(operator: HttpAddress, bundle: object): Promise<void> {
  await mustCall(operator, 'POST', '/v1/bundles', JSON.stringify(bundle));
}
