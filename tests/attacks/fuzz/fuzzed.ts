import fc from 'fast-check';

/** Values that parsers, encoders and databases have stumbled over. */
const HOSTILE: unknown[] = [
  null,
  true,
  '',
  ' ',
  0,
  -0,
  1e308,
  -1,
  1.5,
  Number.MAX_SAFE_INTEGER + 2,
  '\ud800',
  '\u0000',
  '\u202e',
  '\u001b[2J',
  '1e400',
  'NaN',
  '9999-12-31T23:59:60Z',
  '0001-01-01 BC',
  '__proto__',
  '../../etc/passwd',
  '>',
  '*.>',
  "'; DROP TABLE x; --",
  '{"a":1}',
  'x'.repeat(70_000),
  [],
  {},
  [[[[[[[[[[]]]]]]]]]],
  { constructor: { prototype: { polluted: true } } },
];

const hostile = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...HOSTILE) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 4 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 300 }) },
);

/** Where a document is changed: a number that picks one of its nodes, and the change. */
const change = fc.record({
  node: fc.nat(),
  how: fc.constantFrom('replace' as const, 'remove' as const, 'rename' as const, 'repeat' as const, 'add' as const),
  value: hostile,
});
type Change = { node: number; how: 'replace' | 'remove' | 'rename' | 'repeat' | 'add'; value: unknown };

/** A document with up to three of its nodes changed; often none, so that valid inputs are among them. */
export const fuzzedDocument = (valid: fc.Arbitrary<object>): fc.Arbitrary<unknown> =>
  fc
    .tuple(valid, fc.array(change, { maxLength: 3 }))
    .map(([document, changes]) => changes.reduce<unknown>(changed, structuredClone(document)));

/** Several repeats of one document would multiply. */
const repetitions = (value: unknown): number => ((JSON.stringify(value)?.length ?? 0) < 200 ? 200 : 2);

type Container = Record<string, unknown> | unknown[];

/** Every container of a document with one of its keys. */
function* slots(value: unknown): Generator<[Container, string]> {
  if (typeof value !== 'object' || value === null) return;
  for (const key of Object.keys(value)) {
    yield [value as Container, key];
    yield* slots((value as Record<string, unknown>)[key]);
  }
}

function changed(document: unknown, { node, how, value: template }: Change): unknown {
  // A copy, since a later change may change what was put in.
  const value = structuredClone(template);
  const all = [...slots(document)];
  const slot = all[node % Math.max(1, all.length)];
  if (!slot) return value;
  const [container, key] = slot as [Record<string, unknown>, string];
  const before = container[key];
  switch (how) {
    case 'replace':
      set(container, key, value);
      break;
    case 'remove':
      if (Array.isArray(container)) container.splice(Number(key), 1);
      else delete container[key];
      break;
    case 'rename':
      if (!Array.isArray(container)) delete container[key];
      set(container, typeof value === 'string' ? value.slice(0, 1_000) : `${key}x`, before);
      break;
    case 'repeat':
      set(
        container,
        key,
        Array.from({ length: repetitions(before) }, () => structuredClone(before)),
      );
      break;
    case 'add':
      set(container, typeof value === 'string' ? value.slice(0, 1_000) : 'added', value);
  }
  return document;
}

/** Defines the property, so that `__proto__` becomes a key like any other. The length of an array is no element of it. */
function set(container: object, key: string, value: unknown): void {
  if (Array.isArray(container) && key === 'length') return;
  Object.defineProperty(container, key, { value, enumerable: true, configurable: true, writable: true });
}

const byteChange = fc.record({ at: fc.nat(), byte: fc.nat(255), how: fc.constantFrom('set', 'insert', 'cut') });

/** Bytes with up to two of them changed, put in, or everything after one cut off. */
export const fuzzedBytes = (valid: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> =>
  fc.tuple(valid, fc.array(byteChange, { maxLength: 2 })).map(([bytes, changes]) => {
    let result = Buffer.from(bytes);
    for (const { at, byte, how } of changes) {
      const index = at % Math.max(1, result.length);
      if (how === 'cut') result = result.subarray(0, index);
      else if (how === 'set' && result.length > 0) result[index] = byte;
      else result = Buffer.concat([result.subarray(0, index), Buffer.from([byte]), result.subarray(index)]);
    }
    return result;
  });
