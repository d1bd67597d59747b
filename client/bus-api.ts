import type { Problem } from '../proto/errors.js';
import { httpUrl } from './bus-url.js';
import { ApiError, ConnectionLostError, ProtocolError } from './errors.js';
import { retryAfterMs } from './retry-after.js';
import { checkBusSettings } from './service-settings.js';

export interface BusApiOptions {
  /** Address of the bus, e.g. `https://bus.example`; a path before /v1 is kept. */
  url: string;
  token?: string | undefined;
  /** In place of the `fetch` of the platform. */
  fetch?: typeof globalThis.fetch | undefined;
}

export interface ApiRequest {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE' | undefined;
  query?: Record<string, string | number | boolean | readonly string[] | undefined> | undefined;
  /** Sent as JSON. */
  body?: unknown;
  /** Bytes of that media type, in place of `body`. */
  file?: { bytes: Uint8Array; type: string } | undefined;
  accept?: string | undefined;
  /** Makes the request safe to repeat: it is done once, and answered alike each time. */
  idempotencyKey?: string | undefined;
  /** `seq` of the file as it was read: the bus refuses with STALE when it has changed. */
  ifMatch?: number | undefined;
  /** Language of texts for people. */
  language?: 'zh' | 'en' | undefined;
  signal?: AbortSignal | undefined;
  timeoutMs?: number | undefined;
}

/** Every call here is answered at once or not at all; streams, which last, have clients of their own. */
const RESPONSE_TIMEOUT_MS = 60_000;

/** Calls the HTTP resources of the bus. Throws ApiError for a problem document and ConnectionLostError when the bus is unreachable. */
export class BusApi {
  constructor(private readonly options: BusApiOptions) {
    checkBusSettings(options);
  }

  async json<Answer>(path: string, request: ApiRequest = {}): Promise<Answer> {
    const text = await this.text(path, request);
    try {
      return (text === '' ? undefined : JSON.parse(text)) as Answer;
    } catch {
      // The bus answers with JSON: something between here and there has answered in its place.
      throw new ProtocolError(`${httpUrl(this.options.url, path).origin}${path} answered without JSON`);
    }
  }

  async text(path: string, request: ApiRequest = {}): Promise<string> {
    const { response, lost } = await this.#call(path, request);
    // The head of an answer may come in time and its end never.
    return response.text().catch(lost);
  }

  /** The answer as a stream of bytes. Throws like the others until it begins. */
  async bytes(path: string, request: ApiRequest = {}): Promise<AsyncIterable<Uint8Array>> {
    const { response } = await this.#call(path, request);
    return response.body ?? new ReadableStream<Uint8Array>();
  }

  async #call(path: string, request: ApiRequest): Promise<{ response: Response; lost: (error: unknown) => never }> {
    const url = httpUrl(this.options.url, path);
    for (const [name, value] of Object.entries(request.query ?? {})) {
      for (const one of Array.isArray(value) ? value : [value]) {
        if (one !== undefined) url.searchParams.append(name, String(one));
      }
    }
    const timeoutMs = request.timeoutMs ?? RESPONSE_TIMEOUT_MS;
    const timeout = AbortSignal.timeout(timeoutMs);
    const lost = (error: unknown): never => {
      throw connectionLost(url, timeoutMs, error);
    };
    const { fetch = globalThis.fetch } = this.options;
    const response = await fetch(url, {
      method: request.method ?? 'GET',
      headers: this.#headers(request),
      signal: request.signal ? AbortSignal.any([request.signal, timeout]) : timeout,
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
      ...(request.file && { body: Buffer.from(request.file.bytes) }),
    }).catch(lost);
    if (!response.ok) throw await errorOfResponse(response, url).catch(lost);
    return { response, lost };
  }

  #headers(request: ApiRequest): Record<string, string> {
    const headers: Record<string, string> = { accept: request.accept ?? 'application/json' };
    if (this.options.token !== undefined) headers.authorization = `Bearer ${this.options.token}`;
    if (request.body !== undefined) headers['content-type'] = 'application/json';
    if (request.idempotencyKey !== undefined) headers['idempotency-key'] = request.idempotencyKey;
    if (request.ifMatch !== undefined) headers['if-match'] = `"${request.ifMatch}"`;
    if (request.language !== undefined) headers['accept-language'] = request.language;
    if (request.file) headers['content-type'] = request.file.type;
    return headers;
  }
}

/** Turns a refusal into ApiError, or into ProtocolError when its body is not a problem document. */
export async function errorOfResponse(response: Response, url: URL): Promise<ApiError | ProtocolError> {
  const problem = parseProblem(await response.text());
  if (!problem)
    return new ProtocolError(
      `${url.origin}${url.pathname} answered HTTP ${response.status} without a problem document`,
    );
  return new ApiError(problem, retryAfterMs(response.headers.get('retry-after'), Date.now()));
}

/** Undefined when the text is not a problem document. A code that this client does not know is kept: its status still counts. */
export function parseProblem(text: string): Problem | undefined {
  try {
    const problem = JSON.parse(text) as Problem;
    const { code, status, detail } = problem ?? {};
    const isProblem = typeof code === 'string' && typeof status === 'number' && typeof detail === 'string';
    return isProblem ? problem : undefined;
  } catch {
    return undefined;
  }
}

/** A bus that takes its time is not one that cannot be reached: other calls may well be answered. */
function connectionLost({ origin, pathname }: URL, timeoutMs: number, cause: unknown): ConnectionLostError {
  const isTimeout = cause instanceof DOMException && cause.name === 'TimeoutError';
  const message = isTimeout
    ? `${origin} did not answer ${pathname} within ${timeoutMs / 1000} s`
    : `${origin} cannot be reached: ${reasonOf(cause)}`;
  return new ConnectionLostError(message, 'CONNECTION_LOST', { cause });
}

/** `fetch` throws a bare TypeError; the reason is in its cause, which is an AggregateError for a name with several addresses. */
function reasonOf(error: unknown): string {
  const cause = (error as { cause?: unknown }).cause ?? error;
  const first = cause instanceof AggregateError ? (cause.errors[0] as unknown) : cause;
  return (first as NodeJS.ErrnoException).code ?? (first as Error).message ?? 'unknown reason';
}
