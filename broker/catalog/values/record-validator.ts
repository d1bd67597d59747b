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
  #byName: Map<string, ValidateFunction> | undefined;

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
    const problems = [...this.#missing(record), ...this.#wrong(record)];
    return problems.length > ITEM_PROBLEMS_MAX ? problems.slice(0, ITEM_PROBLEMS_MAX) : problems;
  }

  #missing(record: RecordData): ItemProblem[] {
    return this.required
      .filter((name) => !Object.hasOwn(record, name))
      .map((missingProperty) =>
        itemProblemOf({ ...AT_RECORD, keyword: 'required', params: { missingProperty } }, this.version),
      );
  }

  #wrong(record: RecordData): ItemProblem[] {
    this.#byName ??= new Map(this.items.map((item) => [item.name, this.validators.of(item)]));
    const problems: ItemProblem[] = [];
    for (const name of Object.keys(record)) {
      const validate = this.#byName.get(name);
      if (!validate) problems.push(this.#unknown(name));
      else if (!validate(record[name])) problems.push(...this.#invalid(name, record[name], validate));
    }
    return problems;
  }

  #unknown(additionalProperty: string): ItemProblem {
    const error = { ...AT_RECORD, keyword: 'additionalProperties', params: { additionalProperty } };
    return itemProblemOf(error, this.version);
  }

  /** A value that no encoding could carry is named as that: its type is a consequence. */
  #invalid(name: string, value: unknown, { errors }: ValidateFunction): ItemProblem[] {
    const flaw = jsonFlaw(value, name);
    if (flaw) return [{ code: 'ITEM_INVALID', item: name, message: `item ${flaw.path} ${flaw.why}` }];
    return (errors ?? []).map((error) =>
      itemProblemOf({ ...error, instancePath: `/${name}${error.instancePath}` }, this.version),
    );
  }
}

const AT_RECORD = { instancePath: '', schemaPath: '' };
