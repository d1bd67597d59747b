import type { ErrorObject } from 'ajv';
import type { EntryVersion } from '../../../proto/entry/entry.js';
import { quotedName } from '../../../proto/foreign-name.js';
import { schemaProblem } from '../../../proto/schema-problem.js';

/** One thing that is wrong with one item of a record; the message holds no value of the data. */
export interface ItemProblem {
  code: 'UNKNOWN_ITEM' | 'ITEM_INVALID' | 'MISSING_IDENTIFIER';
  item?: string | undefined;
  message: string;
}

/** Cap of the problems of one record, which may break thousands of rules. */
export const ITEM_PROBLEMS_MAX = 20;

export function itemProblemOf(error: ErrorObject, version: EntryVersion): ItemProblem {
  if (error.keyword === 'additionalProperties' && error.instancePath === '') {
    const item = quotedName(error.params.additionalProperty);
    return { code: 'UNKNOWN_ITEM', item, message: `entry ${version.id} has no item ${item}` };
  }
  if (error.keyword === 'required' && error.instancePath === '') {
    const item = String(error.params.missingProperty);
    const isIdentifier = version.items.some(({ name, identifier }) => name === item && identifier);
    if (isIdentifier) return { code: 'MISSING_IDENTIFIER', item, message: `the identifier ${item} is missing` };
    return { code: 'ITEM_INVALID', item, message: `item ${item} is missing` };
  }
  const [, item, index] = error.instancePath.split('/');
  if (item === undefined) return { code: 'ITEM_INVALID', message: `the record ${schemaProblem(error)}` };
  const where = index === undefined ? '' : `, element ${index},`;
  return { code: 'ITEM_INVALID', item, message: `item ${item}${where} ${schemaProblem(error)}` };
}
