/** One element of `Accept` or `Accept-Encoding` with its weight. */
interface Weighted {
  name: string;
  q: number;
}

/** RFC 9110, 12.4: names with weights. A weight that is no number counts as 1, as if it were not there. */
function parse(header: string): Weighted[] {
  return header.split(',').map((element) => {
    const [name = '', ...parameters] = element.split(';').map((part) => part.trim().toLowerCase());
    const weight = parameters.map((parameter) => /^q=(\d(?:\.\d{1,3})?)$/.exec(parameter)?.[1]).find(Boolean);
    return { name, q: weight === undefined ? 1 : Math.min(1, Number(weight)) };
  });
}

/** The weight of a media type: of the most specific range that matches it; 0 when none does. */
function weightOf(accepted: readonly Weighted[], type: string): number {
  const [group] = type.split('/');
  for (const range of [type, `${group}/*`, '*/*']) {
    const found = accepted.find(({ name }) => name === range);
    if (found) return found.q;
  }
  return 0;
}

/** Whether a client wants server-sent events: it names them, and does not prefer pages. */
export function wantsEventStream(accept: string | undefined): boolean {
  if (accept === undefined) return false;
  const accepted = parse(accept);
  const named = accepted.find(({ name }) => name === 'text/event-stream');
  const pages = accepted.find(({ name }) => name === 'application/x-ndjson');
  return named !== undefined && named.q > 0 && named.q >= (pages ? weightOf(accepted, pages.name) : 0);
}

/** Whether a client takes gzip. One that says nothing about encodings gets none. */
export function acceptsGzip(acceptEncoding: string | undefined): boolean {
  if (acceptEncoding === undefined) return false;
  const accepted = parse(acceptEncoding);
  const found =
    accepted.find(({ name }) => name === 'gzip' || name === 'x-gzip') ?? accepted.find(({ name }) => name === '*');
  return found !== undefined && found.q > 0;
}

/**
 * The language of texts for a client: the one of `offered` that it likes most, of equals the one that it names first. `*` is
 * every language that it does not name. A client that takes none of them gets the first that it does not rule out.
 */
export function preferredLanguage<T extends string>(
  acceptLanguage: string | undefined,
  offered: readonly [T, ...T[]],
): T {
  const accepted = parse(acceptLanguage ?? '');
  const isOf = ({ name }: Weighted, language: T): boolean => name === language || name.startsWith(`${language}-`);
  // Once for each language: a head of 16 KiB has thousands of ranges, and for each `*` all of them would be looked through.
  const named = new Set(offered.filter((language) => accepted.some((range) => isOf(range, language))));
  const isNamed = (language: T): boolean => named.has(language);
  let best: T | undefined;
  let bestWeight = 0;
  for (const range of accepted) {
    const found = offered.find((one) => isOf(range, one) || (range.name === '*' && !isNamed(one)));
    if (found === undefined || range.q <= bestWeight) continue;
    best = found;
    bestWeight = range.q;
  }
  return best ?? offered.find((one) => !isNamed(one)) ?? offered[0];
}
