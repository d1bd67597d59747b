import type { ValidateFunction } from 'ajv';
import type { EntryVersion, NumberedItem } from '../../../proto/entry/entry.js';
import type { RecordData } from '../../../proto/event/event.js';
import { isMap } from '../../../proto/values/is-map.js';
import { jsonFlaw } from '../../../proto/values/json-flaw.js';
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
    this.#byName ??= new Map(this.items.map((item) => [item.name, this.#checked(item)]));
    const problems: ItemProblem[] = [];
    for (const name of Object.keys(record)) {
      const item = this.#byName.get(name);
      if (!item) problems.push(this.#unknown(name));
      else if (item.isList) this.#checkList(name, record[name], item.validate, problems);
      else if (!item.validate(record[name]))
        problems.push(...this.#invalid(`/${name}`, name, record[name], item.validate));
      if (problems.length >= ITEM_PROBLEMS_MAX) break;
    }
    return problems;
  }

  #checked(item: NumberedItem): CheckedItem {
    return { isList: item.list === true, validate: this.validators.of({ ...item, list: false }) };
  }

  #checkList(name: string, list: unknown, validate: ValidateFunction, problems: ItemProblem[]): void {
    if (!Array.isArray(list)) {
      problems.push(itemProblemOf({ ...NOT_A_LIST, instancePath: `/${name}` }, this.version));
      return;
    }
    for (let i = 0; i < list.length && problems.length < ITEM_PROBLEMS_MAX; i++) {
      if (!validate(list[i])) problems.push(...this.#invalid(`/${name}/${i}`, `${name}[${i}]`, list[i], validate));
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
  /** Validates the value, or each element of the list. */
  validate: ValidateFunction;
}

const NOT_A_LIST = { schemaPath: '', keyword: 'type', params: { type: 'array' }, message: 'must be array' };
const AT_RECORD = { instancePath: '', schemaPath: '' };
