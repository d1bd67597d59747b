import fc from 'fast-check';
import { TOKENS } from '../../support/broker/refusal-bundle.js';
import { deckOf } from './fuzzed.js';
import { inputsOf, type Surface } from './surface.js';

/** The head of a request has at most 16 KiB. */
const PATH_CHARACTERS_MAX = 8_000;
const VALUES = { minLength: 20, maxLength: 40, size: 'max' as const };

const queries = fc.record({
  from: fc.array(
    fc.oneof(fc.constantFrom('earliest', 'latest', 'cursor', '0', '1', '99'), fc.string({ unit: 'binary' })),
    VALUES,
  ),
  limit: fc.array(fc.oneof(fc.constantFrom('1', '0', '-1', '1e9', '20'), fc.string({ maxLength: 5 })), VALUES),
  cursor: fc.array(fc.oneof(fc.constant('fuzz'), fc.string({ unit: 'binary', maxLength: 80 })), VALUES),
  narrow: deckOf(fc.constant({ district: { is: 'a' }, id: { in: ['s1', 's2'] } })),
});

const pages: Surface = {
  name: 'pages',
  share: 0.002,
  dealer: (seed) => {
    const { from, limit, cursor, narrow } = fc.sample(queries, { seed, numRuns: 1 })[0]!;
    return (lane, random) => {
      const pairs: [string, string][] = [['limit', random.pick(limit)]];
      if (random.chance(0.5)) pairs.push(['from', random.pick(from)]);
      if (random.chance(0.5)) pairs.push(['cursor', random.pick(cursor)]);
      if (random.chance(0.5)) pairs.push(['narrow', narrow.text(random).toString()]);
      // A lone surrogate has no form in a URL.
      const query = new URLSearchParams(
        pairs.map(([name, value]): [string, string] => [name, Buffer.from(value).toString()]),
      );
      return {
        inputs: [`/v1/grants/g-shops/events?${query}`.slice(0, PATH_CHARACTERS_MAX)],
        send: async ([path]) => {
          return inputsOf(await lane.call({ method: 'GET', path: path as string, token: TOKENS.reader }));
        },
      };
    };
  },
};

export const QUERY_SURFACES: readonly Surface[] = [pages];
