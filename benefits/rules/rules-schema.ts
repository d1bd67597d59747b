import { ITEM_TYPES } from '../../proto/entry/entry.js';

const NAME = { type: 'string', pattern: '^[a-z][A-Za-z0-9-]{0,59}$' };
const TITLE = {
  type: 'object',
  properties: { zh: { type: 'string', minLength: 1 }, en: { type: 'string', minLength: 1 } },
  required: ['zh', 'en'],
  additionalProperties: false,
};
const SCALAR = { enum: ITEM_TYPES };
const SOURCE = {
  type: 'object',
  properties: {
    grant: { type: 'string', minLength: 1 },
    key: { type: 'string', minLength: 1 },
    many: { type: 'boolean' },
    optional: { type: 'boolean' },
    items: {
      type: 'object',
      additionalProperties: {
        anyOf: [
          SCALAR,
          { type: 'object', properties: { list: SCALAR }, required: ['list'], additionalProperties: false },
        ],
      },
    },
  },
  required: ['grant', 'items'],
  additionalProperties: false,
};
const CONDITION = {
  type: 'object',
  properties: { id: NAME, words: TITLE, test: { type: 'object' } },
  required: ['id', 'words', 'test'],
  additionalProperties: false,
};
const OUTCOME = {
  type: 'object',
  properties: {
    measure: NAME,
    words: TITLE,
    amount: {},
    per: { enum: ['once', 'day', 'month', 'year'] },
    from: {},
    until: {},
    items: { type: 'object' },
  },
  required: ['measure', 'words'],
  additionalProperties: false,
};

/** Shape of a rules file. Values and conditions are checked when they are compiled. */
export const RULES_SCHEMA = {
  type: 'object',
  properties: {
    rules: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        properties: {
          id: NAME,
          version: { type: 'integer', minimum: 1 },
          title: TITLE,
          entry: { type: 'string', pattern: '^[a-z0-9-]+\\.[a-z0-9-]+$' },
          about: { type: 'string' },
          sources: { type: 'object', minProperties: 1, propertyNames: NAME, additionalProperties: SOURCE },
          conditions: { type: 'array', minItems: 1, items: CONDITION },
          outcome: OUTCOME,
        },
        required: ['id', 'version', 'title', 'entry', 'about', 'sources', 'conditions', 'outcome'],
        additionalProperties: false,
      },
    },
  },
  required: ['rules'],
  additionalProperties: false,
};
