import { SourceUnfitError } from '../runtime/connector-errors.js';

/** Statuses that name another address of the same answer. 300 and 304 may carry one too, and mean something else. */
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/**
 * The address that a response sends on to; undefined when it does not. Throws SourceUnfitError for one from which no records may
 * come: `fetch` would read `data:` like any service, and whoever is on the network reads what comes without TLS.
 */
export function redirectTarget({ status, headers }: Response, from: URL): URL | undefined {
  const location = headers.get('location');
  if (!REDIRECTS.has(status) || location === null) return undefined;
  const target = URL.canParse(location, from.href) ? new URL(location, from.href) : undefined;
  const flaw = target ? flawOf(target, from) : 'to no address';
  if (flaw === undefined) return target;
  throw new SourceUnfitError(`${from.origin}${from.pathname} redirects ${flaw}; put its address into settings.url`);
}

function flawOf(target: URL, from: URL): string | undefined {
  if (target.protocol !== 'https:' && target.protocol !== 'http:') return 'to something other than http or https';
  if (target.protocol === 'http:' && from.protocol === 'https:') return 'from https to http';
  if (target.username !== '' || target.password !== '') return 'to an address with a user and password';
  return undefined;
}
