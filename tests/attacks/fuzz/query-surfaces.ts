import fc from 'fast-check';
import { TOKENS } from '../../support/broker/refusal-bundle.js';
import { fuzzedDocument } from './fuzzed.js';
import { json, type Surface } from './surface.js';

/** The head of a request has at most 16 KiB. */
const PATH_CHARACTERS_MAX = 8_000;

const query = fc.record(
  {
    from: fc.oneof(fc.constantFrom('earliest', 'latest', 'cursor', '0', '1', '99'), fc.string({ unit: 'binary' })),
    limit: fc.oneof(fc.constantFrom('1', '0', '-1', '1e9', '20'), fc.string({ maxLength: 5 })),
    cursor: fc.oneof(fc.constant('fuzz'), fc.string({ unit: 'binary', maxLength: 80 })),
    narrow: fc.oneof(
      fuzzedDocument(fc.constant({ district: { is: 'a' }, id: { in: ['s1', 's2'] } })).map(json),
      fc.string(),
    ),
  },
  { requiredKeys: ['limit'] },
);

const pages: Surface = {
  name: 'pages',
  share: 0.02,
  input: query,
  send: async (target, input) => {
    // A lone surrogate has no form in a URL.
    const pairs = Object.entries(input as Record<string, string>).map(([key, value]) => [
      key,
      Buffer.from(value).toString(),
    ]);
    const path = `/v1/grants/g-shops/events?${new URLSearchParams(pairs as [string, string][])}`;
    await target.call({ method: 'GET', path: path.slice(0, PATH_CHARACTERS_MAX), token: TOKENS.reader });
    return 1;
  },
};

export const QUERY_SURFACES: readonly Surface[] = [pages];
