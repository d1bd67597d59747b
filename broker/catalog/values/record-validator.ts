import type { ValidateFunction } from 'ajv';
import type { DataValidationCxt } from 'ajv/dist/types/index.js';
import type { EntryVersion, NumberedItem } from '../../../proto/entry/entry.js';
import type { RecordData } from '../../../proto/event/event.js';
import { isMap } from '../../../proto/values/is-map.js';
import { jsonFlaw } from '../../../proto/values/json-flaw.js';
import { isWellFormed } from '../../../proto/values/unicode.js';
import { ITEM_PROBLEMS_MAX, type ItemProblem, itemProblemOf } from './item-problem.js';
import type { ItemValidators } from './item-validators.js';

/** Validates a record item by item, with the same verdict as the schema that `dataSchema` publishes. */
export class RecordValidator {
  /** By the item's name; built for the first record. */
  #byName: Map<string, CheckedItem> | undefined;

  constructor(
    private readonly version: EntryVersion,
    private readonly items: readonly NumberedItem[],
    private readonly required: readonly string[],
    private readonly validators: ItemValidators,
  ) {}

  /**
   * True for a record that has no problem and no absent value, and whose strings are well-formed Unicode; false says nothing. It decides
   * nearly all records in one walk that makes no object; `problems` explains the others. See docs/decisions/0261.
   */
  accepts(record: RecordData): boolean {
    const items = this.#items;
    let required = 0;
    for (const name in record) {
      const item = items.get(name);
      if (!item || !isAccepted(item, record[name])) return false;
      if (item.isRequired) required++;
    }
    return required === this.required.length;
  }

  /** At most 20 problems. The record must not hold null, undefined or an empty list for absent items. */
  problems(data: unknown): ItemProblem[] {
    if (!isMap(data)) {
      return [{ code: 'ITEM_INVALID', message: 'the record must be an object' }];
    }
    const record = data as RecordData;
    const missing = this.#missing(record);
    const wrong = this.#wrong(record);
    const problems = missing.length === 0 ? wrong : [...missing, ...wrong];
    return problems.length > ITEM_PROBLEMS_MAX ? problems.slice(0, ITEM_PROBLEMS_MAX) : problems;
  }

  #missing(record: RecordData): ItemProblem[] {
    const problems: ItemProblem[] = [];
    for (const missingProperty of this.required) {
      if (Object.hasOwn(record, missingProperty)) continue;
      const error = { ...AT_RECORD, keyword: 'required', params: { missingProperty } };
      problems.push(itemProblemOf(error, this.version));
    }
    return problems;
  }

  /** Ends at the first problem too many: one event can have a hundred thousand wrong names or elements. */
  #wrong(record: RecordData): ItemProblem[] {
    const items = this.#items;
    const problems: ItemProblem[] = [];
    for (const name in record) {
      const item = items.get(name);
      if (!item) problems.push(this.#unknown(name));
      else if (item.isList) this.#checkList(name, record[name], item.validate, problems);
      else if (!item.validate(record[name], AT_VALUE))
        problems.push(...this.#invalid(`/${name}`, name, record[name], item.validate));
      if (problems.length >= ITEM_PROBLEMS_MAX) break;
    }
    return problems;
  }

  get #items(): ReadonlyMap<string, CheckedItem> {
    this.#byName ??= new Map(this.items.map((item) => [item.name, this.#checked(item)]));
    return this.#byName;
  }

  #checked(item: NumberedItem): CheckedItem {
    return {
      isList: item.list === true,
      isRequired: this.required.includes(item.name),
      validate: this.validators.of(item),
    };
  }

  #checkList(name: string, list: unknown, validate: ValidateFunction, problems: ItemProblem[]): void {
    if (!Array.isArray(list)) {
      problems.push(itemProblemOf({ ...NOT_A_LIST, instancePath: `/${name}` }, this.version));
      return;
    }
    for (let i = 0; i < list.length && problems.length < ITEM_PROBLEMS_MAX; i++) {
      if (!validate(list[i], AT_VALUE))
        problems.push(...this.#invalid(`/${name}/${i}`, `${name}[${i}]`, list[i], validate));
    }
  }

  #unknown(additionalProperty: string): ItemProblem {
    const error = { ...AT_RECORD, keyword: 'additionalProperties', params: { additionalProperty } };
    return itemProblemOf(error, this.version);
  }

  /** A value that no encoding could carry is named as that: its type is a consequence. */
  #invalid(path: string, shownPath: string, value: unknown, { errors }: ValidateFunction): ItemProblem[] {
    const flaw = jsonFlaw(value, shownPath);
    const item = path.split('/')[1]!;
    if (flaw) return [{ code: 'ITEM_INVALID', item, message: `item ${flaw.path} ${flaw.why}` }];
    return (errors ?? []).map((error) =>
      itemProblemOf({ ...error, instancePath: `${path}${error.instancePath}` }, this.version),
    );
  }
}

interface CheckedItem {
  isList: boolean;
  isRequired: boolean;
  /** Validates the value, or each element of the list. */
  validate: ValidateFunction;
}

function isAccepted({ isList, validate }: CheckedItem, value: unknown): boolean {
  if (!isList) return isAcceptedValue(value, validate);
  if (!Array.isArray(value) || value.length === 0) return false;
  for (let i = 0; i < value.length; i++) if (!isAcceptedValue(value[i], validate)) return false;
  return true;
}

/** Objects, and what only looks like a value of JSON, are left to the whole validation. */
function isAcceptedValue(value: unknown, validate: ValidateFunction): boolean {
  if (typeof value === 'object' || (typeof value === 'string' && !isWellFormed(value))) return false;
  return validate(value, AT_VALUE);
}

/** Without it a validator makes an object for each value. */
const AT_VALUE = { instancePath: '' } as DataValidationCxt;

const NOT_A_LIST = { schemaPath: '', keyword: 'type', params: { type: 'array' }, message: 'must be array' };
const AT_RECORD = { instancePath: '', schemaPath: '' };
