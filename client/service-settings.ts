/** Ports that `fetch` refuses to call (https://fetch.spec.whatwg.org/#port-blocking): a service behind one is never reached. */
const BLOCKED_PORTS: ReadonlySet<number> = new Set([
  0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109, 110,
  111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531, 532,
  540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061,
  6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
]);

/** Headers of one hop, or of the message itself, that `fetch` sets and refuses to take. */
const RESERVED_HEADERS: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

const HEADER_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** A header carries Latin-1 without control characters, and no space at either end. */
const HEADER_VALUE = /^(?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?$/;
const TOKEN = /^[\x21-\x7e\x80-\xff]+$/;

/**
 * Says why no client can ever call an address; undefined when it can be called. The check is made once, when settings are read:
 * at every attempt such an address looks like an outage. The text never repeats the address, which may hold a password.
 */
export function addressProblem(address: string, schemes: readonly string[] = ['http', 'https']): string | undefined {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const allowed = schemes.map((scheme) => `${scheme}://`);
  if (!url || !schemes.includes(url.protocol.slice(0, -1))) {
    return `must be an address such as ${allowed[0]}host:port (allowed: ${allowed.join(', ')})`;
  }
  if (url.username !== '' || url.password !== '') {
    return 'has a user name or password in it, which no client sends; use a token or an authorization header';
  }
  if (url.port !== '' && BLOCKED_PORTS.has(Number(url.port)))
    return `has port ${url.port}, which HTTP clients refuse to call`;
  return undefined;
}

/** Says why a token cannot be sent as a header; undefined when it can. The text never repeats the token. */
export function tokenProblem(token: string): string | undefined {
  if (token === '') return 'is empty';
  if (/[\r\n]/.test(token)) return 'has a line break in it; remove it, it is often the last one of a file';
  if (/\s/.test(token)) return 'has a space in it';
  return TOKEN.test(token) ? undefined : 'has a character that a header cannot carry';
}

/** Lists every header that cannot be sent, by name and without its value. */
export function headerProblems(headers: Readonly<Record<string, string>>): string[] {
  const seen = new Set<string>();
  return Object.entries(headers).flatMap(([name, value]) => {
    const lower = name.toLowerCase();
    if (seen.has(lower)) return [`${name} is set twice`];
    seen.add(lower);
    if (!HEADER_NAME.test(name)) return [`${JSON.stringify(name)} is not a header name`];
    if (RESERVED_HEADERS.has(lower)) return [`${name} is set by the HTTP client and cannot be configured`];
    return HEADER_VALUE.test(value) ? [] : [`the value of ${name} has a character that a header cannot carry`];
  });
}

/** Throws TypeError for settings with which no request to the bus can ever be sent. */
export function checkBusSettings({ url, token }: { url: string; token?: string | undefined }): void {
  const wrongAddress = addressProblem(url, ['http', 'https', 'ws', 'wss']);
  if (wrongAddress) throw new TypeError(`the address of the bus ${wrongAddress}`);
  const wrongToken = token === undefined ? undefined : tokenProblem(token);
  if (wrongToken) throw new TypeError(`the token ${wrongToken}`);
}
