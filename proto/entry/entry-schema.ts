import type { EntryVersion, ItemType, NumberedItem } from './entry.js';

/** A JSON Schema (draft 2020-12 compatible subset). */
export type JsonSchema = Record<string, unknown>;

const SAFE_INTEGER = Number.MAX_SAFE_INTEGER;
/** Digits with an optional fraction, without exponent and leading zeros. */
const DECIMAL_PATTERN = '^-?(0|[1-9][0-9]*)(\\.[0-9]+)?$';

/** Schema of a whole record: required items must be there, unknown ones must not. */
export function dataSchema(version: EntryVersion): JsonSchema {
  return objectSchema(version.items, (item) => item.identifier === true || item.required === true);
}

function objectSchema(items: NumberedItem[], isRequired: (item: NumberedItem) => boolean): JsonSchema {
  return {
    type: 'object',
    properties: Object.fromEntries(items.map((item) => [item.name, itemSchema(item)])),
    required: items.filter(isRequired).map((item) => item.name),
    additionalProperties: false,
  };
}

/** Schema of one item, with its titles and limits. */
export function itemSchema(item: NumberedItem): JsonSchema {
  const one = withLimits(typeSchema(item.type), limitSchema(item));
  const schema: JsonSchema = item.list ? { type: 'array', items: one } : one;
  const title = item.title?.en ?? item.title?.zh;
  if (title !== undefined) schema.title = title;
  if (item.description !== undefined) schema.description = item.description;
  return schema;
}

/** Schema of a type without limits; also of a delivered item, because its limits may not hold after a transform. */
export function typeSchema(type: ItemType): JsonSchema {
  switch (type) {
    case 'integer':
      return { type: 'integer', minimum: -SAFE_INTEGER, maximum: SAFE_INTEGER };
    case 'number':
      return { type: 'number' };
    case 'boolean':
      return { type: 'boolean' };
    case 'object':
      return { type: 'object' };
    case 'date':
      return { type: 'string', format: 'date' };
    case 'datetime':
      return { type: 'string', format: 'date-time' };
    case 'decimal':
      return { type: 'string', pattern: DECIMAL_PATTERN };
    default:
      return { type: 'string' };
  }
}

/** The item's pattern applies in addition to that of its type, so a decimal stays one. */
function withLimits(type: JsonSchema, limits: JsonSchema): JsonSchema {
  if (type.pattern === undefined || limits.pattern === undefined) return { ...type, ...limits };
  const { pattern, ...rest } = limits;
  return { ...type, ...rest, allOf: [{ pattern }] };
}

/** Decimal bounds are missing here: JSON Schema cannot compare strings by value, so the catalog checks them. */
function limitSchema(item: NumberedItem): JsonSchema {
  const limits: JsonSchema = {};
  if (item.minLength !== undefined) limits.minLength = item.minLength;
  if (item.maxLength !== undefined) limits.maxLength = item.maxLength;
  if (item.pattern !== undefined) limits.pattern = item.pattern;
  if (item.type !== 'decimal') {
    if (item.minimum !== undefined) limits.minimum = Number(item.minimum);
    if (item.maximum !== undefined) limits.maximum = Number(item.maximum);
  }
  if (item.codeTable) limits.enum = Array.isArray(item.codeTable) ? item.codeTable : Object.keys(item.codeTable);
  return limits;
}
