import { isLosslessNumber } from 'lossless-json';
import { retryAfterMs } from '../../client/retry-after.js';
import { isRetryableStatus } from '../../client/retryable.js';
import { PeerGoneError, SourceUnfitError } from '../runtime/connector-errors.js';
import { isRepeatedKey, parseJsonText, textOf } from '../runtime/mapping/json-text.js';
import type { HttpSourceConfig } from './config.js';
import { redirectTarget } from './redirect.js';

export interface Page {
  items: unknown[];
  /** Undefined when the service gave none; then the same request is repeated. */
  next: string | undefined;
}

/** Limit of a response, which is held in memory and in the state file. */
const PAGE_BYTES_MAX = 64 * 1024 * 1024;
const REDIRECTS_MAX = 5;

/** Requests the records that changed after the cursor. Throws PeerGoneError when the service gives no usable response at the moment. */
export async function readPage(
  config: HttpSourceConfig,
  cursor: string | undefined,
  signal: AbortSignal,
): Promise<Page> {
  const url = new URL(config.url);
  if (cursor !== undefined) url.searchParams.set(config.cursorParameter, cursor);
  const answer = await request(url, config, signal);
  const items = at(answer, config.itemsPath);
  if (!Array.isArray(items)) {
    throw new SourceUnfitError(
      `${nameOf(url)} responded without a list at ${config.itemsPath}; see \`items\` in the settings`,
    );
  }
  return { items, next: cursorOf(at(answer, config.nextPath), url, config.nextPath) };
}

/** An empty one would ask from the beginning again, for ever: it means that there is none. */
function cursorOf(value: unknown, url: URL, path: string): string | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  const text = textOf(value);
  if (text !== undefined && (typeof value === 'string' || isLosslessNumber(value))) return text;
  throw new SourceUnfitError(
    `${nameOf(url)} responded with something other than a string or a number at ${path}; see \`cursor\` in the settings`,
  );
}

/** Address without query and credentials, for messages. */
const nameOf = (url: URL): string => `${url.origin}${url.pathname}`;

async function request(url: URL, config: HttpSourceConfig, signal: AbortSignal): Promise<unknown> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(config.timeoutMs)]);
  const { response, from } = await fetchWithin(url, config, limit);
  if (response.ok) return parsed(decoded(await boundedBytes(response, from), response, from), from);
  await response.body?.cancel();
  const message = `${nameOf(from)} responded with HTTP ${response.status}`;
  if (!isRetryableStatus(response.status)) {
    const hint =
      from.origin === url.origin ? '' : ` after a redirect from ${url.origin}; put this address into settings.url`;
    throw new SourceUnfitError(message + hint);
  }
  throw new PeerGoneError(message, { retryAfterMs: retryAfterMs(response.headers.get('retry-after'), Date.now()) });
}

/**
 * Follows redirects itself: `fetch` would send the configured headers, which may hold keys, to another origin as well. Another
 * origin gets none of them.
 */
async function fetchWithin(
  url: URL,
  { headers }: HttpSourceConfig,
  signal: AbortSignal,
): Promise<{ response: Response; from: URL }> {
  let from = url;
  let isTrusted = true;
  for (let redirects = 0; redirects <= REDIRECTS_MAX; redirects++) {
    isTrusted = isTrusted && from.origin === url.origin;
    const response = await fetchOnce(from, { accept: 'application/json', ...(isTrusted ? headers : {}) }, signal);
    const target = redirectTarget(response, from);
    if (!target) return { response, from };
    await response.body?.cancel();
    from = target;
  }
  throw new PeerGoneError(`${nameOf(url)} redirects more than ${REDIRECTS_MAX} times`);
}

async function fetchOnce(url: URL, headers: Record<string, string>, signal: AbortSignal): Promise<Response> {
  try {
    return await fetch(url, { headers, signal, redirect: 'manual' });
  } catch (error) {
    throw new PeerGoneError(`${nameOf(url)} gave no response`, { cause: error });
  }
}

function parsed(text: string, url: URL): unknown {
  try {
    return parseJsonText(text);
  } catch (error) {
    if (isRepeatedKey(error))
      throw new SourceUnfitError(`${nameOf(url)} responded with an object that has a key twice`, { cause: error });
    throw new PeerGoneError(`${nameOf(url)} responded with something other than JSON`, { cause: error });
  }
}

async function boundedBytes(response: Response, url: URL): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of (response.body ?? []) as unknown as AsyncIterable<Uint8Array>) {
      bytes += chunk.length;
      if (bytes > PAGE_BYTES_MAX)
        throw new SourceUnfitError(`${nameOf(url)} responded with more than ${PAGE_BYTES_MAX} bytes`);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof SourceUnfitError) throw error;
    throw new PeerGoneError(`the response of ${nameOf(url)} broke off`, { cause: error });
  }
  return Buffer.concat(chunks);
}

/** JSON is UTF-8, or what the response says. Bytes that are not are refused: replaced characters would be values that nobody wrote. */
function decoded(bytes: Uint8Array, response: Response, url: URL): string {
  const [, charset = 'utf-8'] = /;\s*charset="?([^\s";]+)/i.exec(response.headers.get('content-type') ?? '') ?? [];
  try {
    return new TextDecoder(charset, { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof RangeError)
      throw new SourceUnfitError(`${nameOf(url)} responded in an encoding that is not known here: have it send UTF-8`, {
        cause: error,
      });
    throw new PeerGoneError(`${nameOf(url)} responded with bytes that are not ${charset}`, { cause: error });
  }
}

/** Value at a dotted path; undefined when there is none. */
export function at(value: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((inside, name) => {
    const isObject = typeof inside === 'object' && inside !== null && !isLosslessNumber(inside);
    return isObject && Object.hasOwn(inside, name) ? (inside as Record<string, unknown>)[name] : undefined;
  }, value);
}
