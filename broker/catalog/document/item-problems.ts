import { ITEM_TYPES, type Item, type ItemType, isItemName, SHARING_ATTRIBUTES } from '../../../proto/entry/entry.js';
import { compareDecimals, isDecimal } from '../../../proto/values/decimal.js';
import { isMap } from '../../../proto/values/is-map.js';
import { characterCount } from '../../../proto/values/unicode.js';
import {
  booleanValue,
  type FieldCheck,
  nonEmptyString,
  oneOf,
  type Shape,
  shapeProblems,
  title,
} from '../../parties/document-shape.js';

/** The linearity check of longer patterns takes too long. */
export const PATTERN_CHARACTERS_MAX = 1_000;

const ITEM_CODE_CHARACTERS_MAX = 64;

const count: FieldCheck = (value) =>
  Number.isSafeInteger(value) && (value as number) >= 0 ? undefined : 'must be a whole number of 0 or more';

const bound: FieldCheck = (value) =>
  typeof value === 'number' || typeof value === 'string' ? undefined : 'must be a number, or a string for a decimal';

const name: FieldCheck = (value) =>
  typeof value === 'string' && isItemName(value)
    ? undefined
    : 'must be 1 to 64 letters, digits and _, begin with a letter and be no reserved word';

const pattern: FieldCheck = (value) =>
  typeof value === 'string' && value.length <= PATTERN_CHARACTERS_MAX
    ? undefined
    : `must be a string of at most ${PATTERN_CHARACTERS_MAX} characters`;

const maskRule: FieldCheck = (value) =>
  isMap(value)
    ? shapeProblems(value, { keepFirst: { check: count }, keepLast: { check: count } })[0]
    : 'must be a map of keepFirst and keepLast';

const codeTable: FieldCheck = (value) => {
  const codes = Array.isArray(value) ? value : isMap(value) ? Object.keys(value) : [];
  if (codes.length === 0) return 'must be a list of codes, or a map from code to title';
  if (!codes.every((code) => typeof code === 'string' && code !== '')) return 'must hold codes as strings';
  if (new Set(codes).size !== codes.length) return 'lists a code twice';
  return isMap(value) && !Object.values(value).every((one) => title(one) === undefined)
    ? 'must map each code to a title'
    : undefined;
};

const itemCode: FieldCheck = (value) =>
  typeof value === 'string' && value.trim() !== '' && characterCount(value) <= ITEM_CODE_CHARACTERS_MAX
    ? undefined
    : `must be a string of 1 to ${ITEM_CODE_CHARACTERS_MAX} characters`;

const ITEM_SHAPE: Shape = {
  name: { required: true, check: name },
  type: { required: true, check: oneOf(ITEM_TYPES) },
  title: { check: title },
  list: { check: booleanValue },
  identifier: { check: booleanValue },
  required: { check: booleanValue },
  filterable: { check: booleanValue },
  personal: {
    check: (value) => (typeof value === 'boolean' ? undefined : oneOf(['none', 'personal', 'sensitive'])(value)),
  },
  confidentialBusiness: { check: booleanValue },
  grade: { check: oneOf(['general', 'important', 'core']) },
  maskRule: { check: maskRule },
  description: { check: nonEmptyString },
  minLength: { check: count },
  maxLength: { check: count },
  pattern: { check: pattern },
  minimum: { check: bound },
  maximum: { check: bound },
  codeTable: { check: codeTable },
  itemCode: { check: itemCode },
  // Anything but false is SECRET_ITEM, which broker/catalog/document/refused-data.ts finds.
  secret: { check: () => undefined },
  sharingAttribute: { check: oneOf(SHARING_ATTRIBUTES) },
  notSharedReason: { check: nonEmptyString },
  legalBasis: { check: (value) => (Array.isArray(value) ? undefined : 'must be a list') },
  profile: { check: (value) => (isMap(value) ? undefined : 'must be a map') },
};

/** Keywords that apply to some types only. */
const APPLICABLE_TYPES: Partial<Record<keyof Item, readonly ItemType[]>> = {
  identifier: ['string', 'code', 'integer'],
  minLength: ['string', 'code'],
  maxLength: ['string', 'code'],
  pattern: ['string', 'code'],
  codeTable: ['string', 'code'],
  maskRule: ['string', 'code'],
  minimum: ['integer', 'number', 'decimal'],
  maximum: ['integer', 'number', 'decimal'],
};

/** Everything wrong with one item, except for the running time of its pattern. */
export function itemProblems(document: unknown, path: string): string[] {
  const problems = shapeProblems(document, ITEM_SHAPE, path);
  if (problems.length > 0) return problems;
  const item = document as Item;
  for (const [keyword, types] of Object.entries(APPLICABLE_TYPES)) {
    const given = item[keyword as keyof Item];
    if (given === undefined || given === null || given === false || types.includes(item.type)) continue;
    problems.push(`${path}.${keyword}: applies only to ${types.join(', ')}, not to ${item.type}`);
  }
  if (item.identifier && item.list) problems.push(`${path}.list: the identifier cannot be a list`);
  if (item.filterable && (item.list || item.type === 'object')) {
    problems.push(`${path}.filterable: a list or an object cannot be filterable`);
  }
  problems.push(...rangeProblems(item, path));
  return problems;
}

function rangeProblems(item: Item, path: string): string[] {
  const problems: string[] = [];
  const { minLength, maxLength, minimum, maximum } = item;
  if (minLength != null && maxLength != null && minLength > maxLength) {
    problems.push(`${path}.minLength: is above maxLength`);
  }
  for (const [keyword, value] of Object.entries({ minimum, maximum })) {
    if (value != null && !isBoundOf(item.type, value))
      problems.push(`${path}.${keyword}: is not a value of type ${item.type}`);
  }
  if (problems.length > 0 || minimum == null || maximum == null) return problems;
  const order =
    item.type === 'decimal' ? compareDecimals(`${minimum}`, `${maximum}`) : Number(minimum) - Number(maximum);
  return order > 0 ? [`${path}.minimum: is above maximum`] : [];
}

function isBoundOf(type: ItemType, value: number | string): boolean {
  switch (type) {
    case 'integer':
      return Number.isSafeInteger(value);
    case 'number':
      return typeof value === 'number' && Number.isFinite(value);
    case 'decimal':
      return typeof value === 'string' && isDecimal(value);
    default:
      // Reported already: the keyword does not apply to the type.
      return true;
  }
}
