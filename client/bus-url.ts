/** Address of an HTTP resource of the bus. `base` may have a path prefix and any of the schemes http, https, ws and wss. */
export function httpUrl(base: string, path: string): URL {
  const url = new URL(base);
  if (url.protocol === 'ws:') url.protocol = 'http:';
  if (url.protocol === 'wss:') url.protocol = 'https:';
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new TypeError('the address of the bus must begin with http:// or https://');
  }
  url.pathname = url.pathname.replace(/(\/v1\/stream)?\/*$/, '') + path;
  url.search = '';
  url.hash = '';
  return url;
}

/** Address of the WebSocket endpoint of the bus. */
export function streamUrl(base: string): string {
  const url = httpUrl(base, '/v1/stream');
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return url.href;
}
