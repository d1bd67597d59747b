/** Address of an HTTP resource of the bus; `base` may have a path of its own, and any of the four schemes. */
export function httpUrl(base: string, path: string): URL {
  const url = new URL(base);
  if (url.protocol === 'ws:') url.protocol = 'http:';
  if (url.protocol === 'wss:') url.protocol = 'https:';
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new TypeError(`${base} is not the address of a bus: it must begin with http:// or https://`);
  }
  url.pathname = url.pathname.replace(/(\/v1\/stream)?\/*$/, '') + path;
  url.search = '';
  url.hash = '';
  return url;
}

/** WebSocket address of the bus. */
export function streamUrl(base: string): string {
  const url = httpUrl(base, '/v1/stream');
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return url.href;
}
