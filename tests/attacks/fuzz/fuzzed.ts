import fc from 'fast-check';
import { SeededRandom } from '../../support/seeded-random.js';

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
  [],
  {},
  [[[[[[[[[[]]]]]]]]]],
  { constructor: { prototype: { polluted: true } } },
];

/** Longer than any item may be. Seldom, since it costs as much as a hundred other inputs. */
const LONG = 'x'.repeat(70_000);

const hostile = fc.oneof(
  { weight: 120, arbitrary: fc.constantFrom(...HOSTILE) },
  { weight: 1, arbitrary: fc.constant(LONG) },
  { weight: 40, arbitrary: fc.jsonValue({ maxDepth: 4 }) },
  { weight: 40, arbitrary: fc.string({ unit: 'binary', maxLength: 300 }) },
);

/** Where a document is changed: a number that picks one of its nodes, and the change. */
const change = fc.record({
  node: fc.nat(),
  how: fc.constantFrom('replace' as const, 'remove' as const, 'rename' as const, 'repeat' as const, 'add' as const),
  value: hostile,
});
interface Change {
  node: number;
  how: 'replace' | 'remove' | 'rename' | 'repeat' | 'add';
  value: unknown;
}

const byteChange = fc.record({
  at: fc.nat(),
  byte: fc.nat(255),
  how: fc.constantFrom('set' as const, 'insert' as const, 'cut' as const),
});
interface ByteChange {
  at: number;
  byte: number;
  how: 'set' | 'insert' | 'cut';
}

const CHANGES_MAX = 3;
const BYTE_CHANGES_MAX = 2;
/** One in so many. */
const BYTES_EVERY = 10;
const pool = { minLength: 10, maxLength: 40, size: 'max' as const };

/**
 * Valid documents and changes, of which each input takes some. fast-check makes them; were it to make every input anew, a fuzzer
 * would spend most of its time there.
 */
export class Deck {
  readonly #random: SeededRandom;
  readonly #texts: readonly string[];

  constructor(
    documents: readonly unknown[],
    private readonly changes: readonly Change[],
    private readonly byteChanges: readonly ByteChange[],
    readonly seed: number,
    private readonly refresh: (document: unknown) => void,
  ) {
    this.#random = new SeededRandom(seed);
    this.#texts = documents.map((document) => JSON.stringify(document));
  }

  /** A document with up to three of its nodes changed; often none, so that valid inputs are among them. */
  document(): unknown {
    const changes = this.#several(this.changes, CHANGES_MAX);
    // The next document gets another node by the same change.
    const shift = this.#random.between(0, 1_000);
    const valid: unknown = JSON.parse(this.#random.pick(this.#texts));
    this.refresh(valid);
    return changes.reduce((document, one) => changed(document, { ...one, node: one.node + shift }), valid);
  }

  /** The text of a document; one in ten has bytes changed instead of nodes. */
  text(): Buffer {
    if (this.#random.between(1, BYTES_EVERY) > 1) return Buffer.from(JSON.stringify(this.document()) ?? 'null');
    return this.bytes(Buffer.from(this.#random.pick(this.#texts)));
  }

  /** Bytes with up to two of them changed, put in, or everything after one cut off. */
  bytes(valid: Uint8Array): Buffer {
    return changedBytes(valid, this.#several(this.byteChanges, BYTE_CHANGES_MAX));
  }

  between(least: number, most: number): number {
    return this.#random.between(least, most);
  }

  pick<T>(choices: readonly T[]): T {
    return this.#random.pick(choices);
  }

  #several<T>(all: readonly T[], max: number): T[] {
    return Array.from({ length: this.#random.between(0, max) }, () => this.#random.pick(all));
  }
}

/** `refresh` changes in a dealt document what must not be as it was in one before. */
export const deckOf = (valid: fc.Arbitrary<object>, refresh: (document: unknown) => void = () => {}) =>
  fc
    .tuple(fc.array(valid, pool), fc.array(change, pool), fc.array(byteChange, pool), fc.nat())
    .map(([documents, changes, byteChanges, seed]) => new Deck(documents, changes, byteChanges, seed, refresh));

/** A document with up to three of its nodes changed. */
export const fuzzedDocument = (valid: fc.Arbitrary<object>): fc.Arbitrary<unknown> =>
  fc
    .tuple(valid, fc.array(change, { maxLength: CHANGES_MAX }))
    .map(([document, changes]) => changes.reduce<unknown>(changed, structuredClone(document)));

/** Bytes with up to two of them changed, put in, or everything after one cut off. */
export const fuzzedBytes = (valid: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> =>
  fc
    .tuple(valid, fc.array(byteChange, { maxLength: BYTE_CHANGES_MAX }))
    .map(([bytes, changes]) => changedBytes(bytes, changes));

/** Several repeats of one document would multiply. */
const repetitions = (value: unknown): number => ((JSON.stringify(value)?.length ?? 0) < 200 ? 200 : 2);

type Container = Record<string, unknown>;

/** Every container of a document with one of its keys. */
function slotsOf(value: unknown, slots: [Container, string][] = []): [Container, string][] {
  if (typeof value !== 'object' || value === null) return slots;
  for (const key of Object.keys(value)) {
    slots.push([value as Container, key]);
    slotsOf((value as Container)[key], slots);
  }
  return slots;
}

/** A copy, since a later change may change what was put in. */
const copied = (value: unknown): unknown =>
  typeof value === 'object' && value !== null ? structuredClone(value) : value;

function changed(document: unknown, { node, how, value: template }: Change): unknown {
  const value = copied(template);
  const all = slotsOf(document);
  const slot = all[node % Math.max(1, all.length)];
  if (!slot) return value;
  const [container, key] = slot;
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
        Array.from({ length: repetitions(before) }, () => copied(before)),
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

function changedBytes(valid: Uint8Array, changes: readonly ByteChange[]): Buffer {
  let result = Buffer.from(valid);
  for (const { at, byte, how } of changes) {
    const index = at % Math.max(1, result.length);
    if (how === 'cut') result = result.subarray(0, index);
    else if (how === 'set' && result.length > 0) result[index] = byte;
    else result = Buffer.concat([result.subarray(0, index), Buffer.from([byte]), result.subarray(index)]);
  }
  return result;
}
