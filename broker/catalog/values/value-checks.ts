import type { NumberedItem } from '../../../proto/entry/entry.js';
import type { ItemValue, RecordData } from '../../../proto/event/event.js';
import { compareDecimals } from '../../../proto/values/decimal.js';
import { IDENTIFIER_CHARACTERS_MAX, isTooLongForIdentifier } from '../../../proto/values/identifier.js';
import { jsonFlaw } from '../../../proto/values/json-flaw.js';
import type { ItemProblem } from './item-problem.js';

/** A check of one item that JSON Schema cannot express; it runs when the schema has found no problem. */
export type ValueCheck = (data: RecordData) => ItemProblem | undefined;

/** The checks that the items of an entry need; most items need none. */
export function valueChecks(items: readonly NumberedItem[]): ValueCheck[] {
  return items.flatMap((item) => {
    const checks: ValueCheck[] = [];
    if (item.identifier) checks.push(identifierCheck(item));
    if (item.type === 'decimal' && (item.minimum != null || item.maximum != null)) checks.push(decimalBounds(item));
    if (item.type === 'object') checks.push(objectFlaws(item));
    return checks;
  });
}

/** An empty key names no record, and a longer one than a subject may be could never be deleted. */
function identifierCheck({ name }: NumberedItem): ValueCheck {
  const empty: ItemProblem = { code: 'MISSING_IDENTIFIER', item: name, message: `the identifier ${name} is empty` };
  const message = `the identifier ${name} has more than ${IDENTIFIER_CHARACTERS_MAX} characters`;
  const tooLong: ItemProblem = { code: 'ITEM_INVALID', item: name, message };
  return ({ [name]: key }) => {
    if (key === '') return empty;
    return typeof key === 'string' && isTooLongForIdentifier(key) ? tooLong : undefined;
  };
}

function decimalBounds(item: NumberedItem): ValueCheck {
  const { name, minimum, maximum } = item;
  const invalid = (message: string): ItemProblem => ({
    code: 'ITEM_INVALID',
    item: name,
    message: `item ${name} ${message}`,
  });
  return eachValue(item, (value) => {
    if (minimum != null && compareDecimals(value as string, String(minimum)) < 0)
      return invalid(`must be >= ${minimum}`);
    if (maximum != null && compareDecimals(value as string, String(maximum)) > 0)
      return invalid(`must be <= ${maximum}`);
    return undefined;
  });
}

/** Encodings other than JSON bring dates, byte strings and big integers, and JSON brings numbers that a double changes. */
function objectFlaws({ name }: NumberedItem): ValueCheck {
  return (data) => {
    const flaw = data[name] === undefined ? undefined : jsonFlaw(data[name], name);
    return flaw && { code: 'ITEM_INVALID', item: name, message: `item ${flaw.path} ${flaw.why}` };
  };
}

function eachValue(item: NumberedItem, check: (value: ItemValue) => ItemProblem | undefined): ValueCheck {
  return (data) => {
    const value = data[item.name];
    if (value === undefined) return undefined;
    for (const one of item.list ? (value as ItemValue[]) : [value]) {
      const problem = check(one);
      if (problem) return problem;
    }
    return undefined;
  };
}
