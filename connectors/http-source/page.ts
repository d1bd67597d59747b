import { PeerGoneError, SourceUnfitError } from '../runtime/connector-errors.js';
import type { HttpSourceConfig } from './config.js';

export interface Page {
  items: Record<string, unknown>[];
  /** Undefined when the service gave none; then the same request is repeated. */
  next: string | undefined;
}

/** Limit of a response, which is held in memory and in the state file. */
const PAGE_BYTES_MAX = 64 * 1024 * 1024;

/** Requests the records that changed after the cursor. Throws PeerGoneError when the service gives no usable response at the moment. */
export async function readPage(
  config: HttpSourceConfig,
  cursor: string | undefined,
  signal: AbortSignal,
): Promise<Page> {
  const url = new URL(config.url);
  if (cursor !== undefined) url.searchParams.set(config.cursorParameter, cursor);
  const answer = await ask(url, config, signal);
  const items = at(answer, config.itemsPath);
  if (!Array.isArray(items))
    throw new SourceUnfitError(
      `${url.origin}${url.pathname} responded without a list at ${config.itemsPath}; see \`items\` in the settings`,
    );
  const next = at(answer, config.nextPath);
  return {
    items: items as Record<string, unknown>[],
    next: next === undefined || next === null ? undefined : String(next),
  };
}

async function ask(url: URL, { headers, timeoutMs }: HttpSourceConfig, signal: AbortSignal): Promise<unknown> {
  const resource = `${url.origin}${url.pathname}`;
  let response: Response;
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    response = await fetch(url, { headers: { accept: 'application/json', ...headers }, signal: limit });
    if (response.ok) return JSON.parse(await boundedText(response, resource)) as unknown;
  } catch (error) {
    if (error instanceof SourceUnfitError) throw error;
    throw new PeerGoneError(`${resource} gave no response`, { cause: error });
  }
  await response.body?.cancel();
  const isPassing = response.status >= 500 || response.status === 408 || response.status === 429;
  const message = `${resource} responded with HTTP ${response.status}`;
  throw isPassing ? new PeerGoneError(message) : new SourceUnfitError(message);
}

async function boundedText(response: Response, resource: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > PAGE_BYTES_MAX)
      throw new SourceUnfitError(`${resource} responded with more than ${PAGE_BYTES_MAX} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Value at a dotted path; undefined when there is none. */
export function at(value: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((inside, name) => (inside as Record<string, unknown> | undefined)?.[name], value);
}
