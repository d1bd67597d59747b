import { ITEM_TYPES, SHARING_ATTRIBUTES } from '../entry/entry.js';
import { GRANT_STATUSES, TRANSFORMS } from '../entry/grant.js';
import { ENTRY_ID_PATTERN, TOKEN_PATTERN } from '../subject.js';

/** A JSON Schema as it stands in the OpenAPI document. */
export type HttpSchema = Record<string, unknown>;

const string = { type: 'string' };
const boolean = { type: 'boolean' };
const count = { type: 'integer', minimum: 0 };
const scalar = { type: ['string', 'number', 'boolean'] };
const scalars = { type: 'array', items: scalar };
const strings = { type: 'array', items: string };

export const ref = (name: string): HttpSchema => ({ $ref: `#/components/schemas/${name}` });
export const listOf = (items: HttpSchema): HttpSchema => ({ type: 'array', items });
export const objectOf = (properties: Record<string, HttpSchema>, required: readonly string[] = []): HttpSchema => ({
  type: 'object',
  properties,
  ...(required.length > 0 && { required: [...required] }),
});

const title: HttpSchema = { anyOf: [string, ref('Title')] };

const ROW_PREDICATE = objectOf({
  is: scalar,
  in: scalars,
  notIn: scalars,
  prefix: string,
  min: { type: ['number', 'string'] },
  max: { type: ['number', 'string'] },
  from: string,
  to: string,
});

const ITEM = objectOf(
  {
    name: string,
    title: ref('Title'),
    type: { type: 'string', enum: [...ITEM_TYPES] },
    list: boolean,
    identifier: boolean,
    required: boolean,
    filterable: boolean,
    personal: { anyOf: [{ type: 'string', enum: ['none', 'personal', 'sensitive'] }, boolean] },
    confidentialBusiness: boolean,
    grade: { type: 'string', enum: ['general', 'important', 'core'] },
    maskRule: objectOf({ keepFirst: count, keepLast: count }),
    description: string,
    minLength: count,
    maxLength: count,
    pattern: string,
    minimum: { type: ['number', 'string'] },
    maximum: { type: ['number', 'string'] },
    codeTable: { anyOf: [strings, { type: 'object', additionalProperties: title }] },
    number: { type: 'integer', description: 'permanent number; the bus assigns it' },
    itemCode: {
      type: 'string',
      maxLength: 64,
      description: 'element that overlaps with other departments are found by',
    },
    secret: { type: 'boolean', description: 'only false passes' },
    sharingAttribute: { type: 'string', enum: [...SHARING_ATTRIBUTES] },
    notSharedReason: string,
    legalBasis: listOf({ type: 'object' }),
    profile: { type: 'object', additionalProperties: true },
  },
  ['name', 'type'],
);

const ENTRY: HttpSchema = {
  ...objectOf(
    {
      id: { type: 'string', description: '<party>.<entry>' },
      name: title,
      abstract: title,
      sharingAttribute: { type: 'string', enum: [...SHARING_ATTRIBUTES] },
      items: listOf(ref('Item')),
      retentionDays: { type: 'integer', minimum: 1 },
    },
    ['id', 'name', 'sharingAttribute', 'items'],
  ),
  additionalProperties: true,
};

const token = { type: 'string', pattern: TOKEN_PATTERN.source };
const text = { type: 'string', minLength: 1 };
const dayOrInstant = {
  anyOf: [
    { type: 'string', format: 'date' },
    { type: 'string', format: 'date-time' },
  ],
};

const GRANT_FIELDS = {
  id: token,
  application: text,
  party: token,
  system: token,
  entry: { type: 'string', pattern: ENTRY_ID_PATTERN.source },
  items: { ...listOf(ref('GrantedItem')), minItems: 1 },
  rows: ref('RowFilter'),
  purpose: text,
  basis: text,
  period: ref('GrantPeriod'),
  history: {
    anyOf: [{ type: 'string', enum: ['none', 'all'] }, dayOrInstant],
    description: '`none`, `all`, a date or a date-time',
  },
  kind: text,
};
const GRANT_REQUIRED = ['id', 'system', 'entry', 'items', 'purpose', 'basis', 'period'];

/** A grant as somebody creates it; the bus adds what a grant has besides. */
const NEW_GRANT = { ...objectOf(GRANT_FIELDS, GRANT_REQUIRED), additionalProperties: false };

const GRANT = objectOf(
  { ...GRANT_FIELDS, status: { type: 'string', enum: [...GRANT_STATUSES] }, trial: boolean },
  GRANT_REQUIRED,
);

/** Schemas of the documents that people write: parties, entries, grants, bundles. docs/bundles.md explains the fields. */
export const DOCUMENT_SCHEMAS: Record<string, HttpSchema> = {
  Title: objectOf({ zh: string, en: string }),
  RowPredicate: ROW_PREDICATE,
  RowFilter: {
    type: 'object',
    description: 'item → predicate; every predicate must hold',
    additionalProperties: ref('RowPredicate'),
  },
  Item: ITEM,
  Entry: ENTRY,
  EntryVersion: objectOf(
    {
      id: string,
      version: { type: 'integer' },
      partition: count,
      publishedAt: { type: 'string', format: 'date-time' },
      document: ref('Entry'),
      items: listOf(ref('Item')),
      numbers: { type: 'object', additionalProperties: { type: 'integer' } },
    },
    ['id', 'version', 'partition', 'publishedAt', 'document', 'items', 'numbers'],
  ),
  GrantedItem: objectOf({ name: text, transform: { type: 'string', enum: [...TRANSFORMS] } }, ['name']),
  GrantPeriod: objectOf({ from: dayOrInstant, to: dayOrInstant }, ['from', 'to']),
  Grant: GRANT,
  NewGrant: NEW_GRANT,
  Party: {
    ...objectOf({ id: string, name: title, level: string, regionCode: string, competent: boolean }, [
      'id',
      'name',
      'level',
    ]),
    additionalProperties: true,
  },
  System: objectOf({ id: string, party: string, name: title, may: strings, token: string }, ['id', 'party', 'may']),
  Officer: objectOf({ id: string, party: string, name: title, roles: strings, token: string }, [
    'id',
    'party',
    'roles',
  ]),
  Bundle: objectOf({
    parties: listOf(ref('Party')),
    systems: listOf(ref('System')),
    officers: listOf(ref('Officer')),
    entries: listOf(ref('Entry')),
    grants: listOf(ref('NewGrant')),
  }),
};
