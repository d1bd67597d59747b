import fc from 'fast-check';
import type { SeededRandom } from '../../support/seeded-random.js';
import { type Change, SeedText } from './seed-text.js';

/** Values that parsers, encoders and databases have stumbled over. */
const HOSTILE: unknown[] = [
  null,
  true,
  '',
  ' ',
  0,
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
/** JSON that no value of JavaScript is written as. */
const HOSTILE_JSON = ['-0', '1.10', '1e400', '-1e-400', '12345678901234567890', '0.1000000000000000055511151231257827'];
const NOT_JSON = ['', 'NaN', '01', '+1', '.5', "'a'", '"\\x"', '"\t"', '"a', '[', '{"a":1,"a":2}', '//', '[1,]', '1 2'];

/** Longer than any item may be. Seldom, since it costs as much as a hundred other inputs. */
const LONG = 'x'.repeat(70_000);

const hostile = fc.oneof(
  { weight: 1_200, arbitrary: fc.constantFrom(...HOSTILE.map((value) => JSON.stringify(value))) },
  { weight: 200, arbitrary: fc.constantFrom(...HOSTILE_JSON) },
  { weight: 1, arbitrary: fc.constant(JSON.stringify(LONG)) },
  { weight: 400, arbitrary: fc.json({ maxDepth: 4 }) },
  { weight: 400, arbitrary: fc.string({ unit: 'binary', maxLength: 300 }).map((text) => JSON.stringify(text)) },
);

/** A list of two hundred is longer than most may be. One in twenty is enough: as text it is as long as a hundred other inputs. */
const times = fc.oneof(
  { weight: 19, arbitrary: fc.integer({ min: 1, max: 8 }) },
  { weight: 1, arbitrary: fc.constant(200) },
);

const change = fc.record({
  member: fc.nat(),
  how: fc.constantFrom('replace' as const, 'remove' as const, 'rename' as const, 'repeat' as const, 'add' as const),
  put: hostile,
  times,
});

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

const VALID_SHARE = 0.3;
const CHANGES_MAX = 3;
const BYTE_CHANGES_MAX = 2;
/** One text in so many is no JSON, or has bytes changed. */
const BROKEN_EVERY = 10;
const SEEDS = { minLength: 20, maxLength: 40, size: 'max' as const };
const CHANGES = { minLength: 200, maxLength: 400, size: 'max' as const };

/**
 * Valid documents and changes, of which each input takes some. fast-check makes them; were it to make every input anew, a fuzzer
 * would spend most of its time there.
 */
export class Deck {
  readonly #seeds: readonly SeedText[];

  constructor(
    documents: readonly unknown[],
    private readonly changes: readonly Change[],
    private readonly byteChanges: readonly ByteChange[],
  ) {
    this.#seeds = documents.map((document) => new SeedText(document));
  }

  /** JSON of a document with up to three of its members changed; often none, so that valid inputs are among them. */
  json(random: SeededRandom): string {
    if (random.chance(VALID_SHARE)) return random.pick(this.#seeds).text;
    const changes = this.#several(random, this.changes, CHANGES_MAX);
    // The next document gets another member by the same change.
    const shift = random.between(0, 1_000);
    return random.pick(this.#seeds).changed(changes.map((one) => ({ ...one, member: one.member + shift })));
  }

  /** One in ten is broken. */
  text(random: SeededRandom): string | Buffer {
    return random.between(1, BROKEN_EVERY) > 1 ? this.json(random) : this.broken(random);
  }

  /** Texts with bytes changed, most of which are no JSON any more. */
  broken(random: SeededRandom): string | Buffer {
    const seed = random.pick(this.#seeds);
    if (random.chance(0.5)) return this.bytes(random, Buffer.from(seed.text));
    const how = random.pick(['replace', 'rename', 'double', 'add'] as const);
    return seed.changed([{ member: random.between(0, 1_000), how, put: random.pick(NOT_JSON), times: 1 }]);
  }

  /** Bytes with up to two of them changed, put in, or everything after one cut off. */
  bytes(random: SeededRandom, valid: Uint8Array): Buffer {
    return changedBytes(valid, this.#several(random, this.byteChanges, BYTE_CHANGES_MAX));
  }

  #several<T>(random: SeededRandom, all: readonly T[], max: number): T[] {
    return Array.from({ length: random.between(0, max) }, () => random.pick(all));
  }
}

export const deckOf = (valid: fc.Arbitrary<object>): fc.Arbitrary<Deck> =>
  fc
    .tuple(fc.array(valid, SEEDS), fc.array(change, CHANGES), fc.array(byteChange, SEEDS))
    .map(([documents, changes, byteChanges]) => new Deck(documents, changes, byteChanges));

/** Bytes with up to two of them changed, put in, or everything after one cut off. */
export const fuzzedBytes = (valid: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> =>
  fc
    .tuple(valid, fc.array(byteChange, { maxLength: BYTE_CHANGES_MAX }))
    .map(([bytes, changes]) => changedBytes(bytes, changes));

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
