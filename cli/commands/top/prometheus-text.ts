/** One line of the text format of Prometheus. */
export interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

const NAME = /^[A-Za-z_:][\w:]*$/;

/**
 * Reads the text format of Prometheus, of which comments, timestamps and exemplars are left out. A line that is none is skipped, and so are
 * names that are not wanted. Written with positions, since 6,500 grants are 60,000 lines a second: expressions take three times as long.
 */
export function parsePrometheus(text: string, isWanted: (name: string) => boolean = () => true): Sample[] {
  const samples: Sample[] = [];
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf('\n', start);
    const end = newline === -1 ? text.length : newline;
    const sample = text[start] === '#' ? undefined : sampleOf(text.slice(start, end), isWanted);
    if (sample) samples.push(sample);
    start = end + 1;
  }
  return samples;
}

function sampleOf(line: string, isWanted: (name: string) => boolean): Sample | undefined {
  const space = line.indexOf(' ');
  const brace = line.indexOf('{');
  const hasLabels = brace !== -1 && brace < space;
  const name = line.slice(0, hasLabels ? brace : space);
  if (!isWanted(name) || !NAME.test(name)) return undefined;
  const labels: Record<string, string> = {};
  const after = hasLabels ? readLabels(line, brace + 1, labels) : space;
  const [value = ''] = line.slice(after).trim().split(' ', 1);
  return after === -1 || value === '' ? undefined : { name, labels, value: numberOf(value) };
}

/** Reads `name="value",…}` from `start` on, and returns the index behind the brace; -1 when it does not end. */
function readLabels(line: string, start: number, labels: Record<string, string>): number {
  for (let at = start; ; ) {
    if (line[at] === '}') return at + 1;
    const equals = line.indexOf('="', at);
    const end = equals === -1 ? -1 : closingQuote(line, equals + 2);
    if (end === -1) return -1;
    const value = line.slice(equals + 2, end);
    labels[line.slice(at, equals)] = value.includes('\\') ? unescaped(value) : value;
    at = line[end + 1] === ',' ? end + 2 : end + 1;
  }
}

/** The first quote from `start` on that no backslash escapes. */
function closingQuote(line: string, start: number): number {
  for (let at = line.indexOf('"', start); ; at = line.indexOf('"', at + 1)) {
    if (at === -1) return -1;
    let backslashes = 0;
    while (line[at - 1 - backslashes] === '\\') backslashes++;
    if (backslashes % 2 === 0) return at;
  }
}

/** The sum over all series of a family; undefined when there is none. */
export function sumOf(samples: readonly Sample[], name: string): number | undefined {
  const values = samples.filter((sample) => sample.name === name).map(({ value }) => value);
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0);
}

const unescaped = (value: string): string =>
  value.replace(/\\(.)/g, (_, character: string) => (character === 'n' ? '\n' : character));

const numberOf = (text: string): number =>
  text === '+Inf' ? Number.POSITIVE_INFINITY : text === '-Inf' ? Number.NEGATIVE_INFINITY : Number(text);
