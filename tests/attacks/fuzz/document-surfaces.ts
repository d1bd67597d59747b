import fc from 'fast-check';
import { REFUSAL_BUNDLE, SHOP_ITEMS } from '../../support/broker/refusal-bundle.js';
import { type Deck, deckOf } from './fuzzed.js';
import { json, type Surface } from './surface.js';

/** Longer YAML takes the parser seconds, which is what tests of documents measure. */
const YAML_CHARACTERS_MAX = 8_000;

/** Documents that are sent with the cards of one deck. */
const DOCUMENTS = 20;

const bundles: Surface = {
  name: 'bundles',
  share: 0.01,
  input: deckOf(fc.constant(REFUSAL_BUNDLE)),
  send: async (target, input) => {
    const post = { method: 'POST', path: '/v1/bundles?dryRun=true', token: target.operatorToken };
    for (let i = 0; i < DOCUMENTS; i++) {
      const text = json((input as Deck).document());
      if (i % 2 === 0) await target.call({ ...post, body: text });
      else await target.call({ ...post, body: text.slice(0, YAML_CHARACTERS_MAX), contentType: 'application/yaml' });
    }
    return DOCUMENTS;
  },
};

const entry = { id: 'county-registry.fuzzed', name: 'Fuzzed', sharingAttribute: 'conditional', items: SHOP_ITEMS };
const entries: Surface = {
  name: 'entries',
  share: 0.02,
  input: deckOf(fc.constant(entry)),
  send: async (target, input) => {
    const put = { method: 'PUT', path: `/v1/catalog/${entry.id}`, token: target.operatorToken };
    for (let i = 0; i < DOCUMENTS; i++) await target.call({ ...put, body: json((input as Deck).document()) });
    return DOCUMENTS;
  },
};

export const DOCUMENT_SURFACES: readonly Surface[] = [bundles, entries];
