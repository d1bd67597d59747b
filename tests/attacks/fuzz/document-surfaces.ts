import fc from 'fast-check';
import { REFUSAL_BUNDLE, SHOP_ITEMS } from '../../support/broker/refusal-bundle.js';
import { deckOf } from './fuzzed.js';
import { inputsOf, type Surface } from './surface.js';

/** Longer YAML takes the parser seconds, which is what tests of documents measure. */
const YAML_CHARACTERS_MAX = 8_000;

const bundles: Surface = {
  name: 'bundles',
  share: 0.001,
  dealer: (seed) => {
    const deck = deckOnly(REFUSAL_BUNDLE, seed);
    return (lane, random) => {
      const post = { method: 'POST', path: '/v1/bundles?dryRun=true', token: lane.target.operatorToken };
      const text = deck.text(random);
      const isYaml = random.chance(0.5);
      return {
        inputs: [isYaml ? text.slice(0, YAML_CHARACTERS_MAX) : text],
        send: async ([body]) => {
          const contentType = isYaml ? 'application/yaml' : undefined;
          return inputsOf(await lane.call({ ...post, body: body as string, contentType }));
        },
      };
    };
  },
};

const entry = { id: 'county-registry.fuzzed', name: 'Fuzzed', sharingAttribute: 'conditional', items: SHOP_ITEMS };
const entries: Surface = {
  name: 'entries',
  share: 0.002,
  dealer: (seed) => {
    const deck = deckOnly(entry, seed);
    return (lane, random) => {
      const put = { method: 'PUT', path: `/v1/catalog/${entry.id}`, token: lane.target.operatorToken };
      return {
        inputs: [deck.text(random)],
        send: async ([body]) => {
          return inputsOf(await lane.call({ ...put, body: body as string }));
        },
      };
    };
  },
};

const deckOnly = (document: object, seed: number) => fc.sample(deckOf(fc.constant(document)), { seed, numRuns: 1 })[0]!;

export const DOCUMENT_SURFACES: readonly Surface[] = [bundles, entries];
