import { type LookupAddress, lookup } from 'node:dns';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import type { LookupFunction } from 'node:net';
import { type MayReach, urlProblem } from './outside-address.js';

/** Redirects of one request; each address is judged anew. */
const REDIRECTS_MAX = 3;
/** Those that keep method and body; after any other there is nothing to be posted. */
const REDIRECTS = new Set([301, 302, 307, 308]);
const NO_ADDRESS = 'ENOTALLOWED';

type Resolve = (name: string, done: (error: Error | null, addresses: LookupAddress[]) => void) => void;

export interface Post {
  url: string;
  headers: Record<string, string>;
  body: string;
  mayReach: MayReach;
  signal: AbortSignal;
  /** All addresses of a name; the system's resolver unless given. */
  resolve?: Resolve;
}

export interface PostOutcome {
  /** Undefined when there was no answer. */
  status?: number;
  retryAfter?: string | undefined;
  /** The event in short, without a word of request and answer. */
  text: string;
}

/**
 * Posts to an address outside. The name is resolved for this connection alone and the connection goes to an address that
 * was judged, so that a name that resolves differently a moment later reaches nothing else.
 */
export async function postOutside(post: Post): Promise<PostOutcome> {
  let { url } = post;
  for (let hop = 0; hop <= REDIRECTS_MAX; hop++) {
    const problem = urlProblem(url, post.mayReach);
    if (problem !== undefined) return { text: `the address ${problem}` };
    try {
      const { statusCode: status = 0, headers } = await postOnce(url, post);
      const { location } = headers;
      if (!REDIRECTS.has(status) || location === undefined || !URL.canParse(location, url)) {
        return { status, retryAfter: headers['retry-after'], text: `HTTP ${status}` };
      }
      url = new URL(location, url).href;
    } catch (error) {
      return { text: failureText(error) };
    }
  }
  return { text: `more than ${REDIRECTS_MAX} redirects` };
}

/** Resolves with the head of the answer; nothing of its body is read. */
function postOnce(
  url: string,
  { headers, body, mayReach, signal, resolve: names = resolveAll }: Post,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const options = {
      method: 'POST',
      signal,
      lookup: lookupAmong(mayReach, names),
      headers: { ...headers, 'content-length': Buffer.byteLength(body) },
    };
    const sent = request(url, options, (answer) => {
      resolve(answer);
      answer.on('error', () => {});
      answer.destroy();
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

const resolveAll: Resolve = (name, done) => lookup(name, { all: true }, done);

/** Resolves names to the addresses that may be reached. */
const lookupAmong =
  (mayReach: MayReach, resolve: Resolve): LookupFunction =>
  (hostname, options, callback) => {
    resolve(hostname, (error, addresses) => {
      if (error) return callback(error, []);
      const reached = addresses.filter(({ address }) => mayReach(address));
      const [first] = reached;
      if (!first) return callback(Object.assign(new Error('no address may be reached'), { code: NO_ADDRESS }), []);
      if (options.all) callback(null, reached);
      else callback(null, first.address, first.family);
    });
  };

function failureText(error: unknown): string {
  const { code, name } = error as { code?: string; name: string };
  if (code === NO_ADDRESS) return 'its name stands for no address that webhooks may reach';
  if (name === 'TimeoutError' || name === 'AbortError') return 'no answer in time';
  return `cannot be reached (${code ?? name})`;
}
