import { Ajv, type ValidateFunction } from 'ajv';
import { fullFormats } from 'ajv-formats/dist/formats.js';
import { type EntryVersion, identifierOf, type NumberedItem } from '../../proto/entry.js';
import { dataSchema, type JsonSchema, previousSchema } from '../../proto/entry-schema.js';
import type { RecordData } from '../../proto/event.js';
import { fieldOf } from '../../proto/item-field.js';
import { RecordCodec } from '../../proto/record.js';
import { ITEM_PROBLEMS_MAX, type ItemProblem, itemProblemOf } from './item-problem.js';
import { type ValueCheck, valueChecks } from './value-checks.js';

/** One version of an entry, ready to validate and encode its records. */
export interface CompiledEntry {
  version: EntryVersion;
  identifier: NumberedItem;
  filterable: NumberedItem[];
  codec: RecordCodec;
  /** Of the former values of the filterable items. */
  previousCodec: RecordCodec;
  /** Every problem of a record, at most 20. Absent, null and, for lists, [] are the same. */
  validateData(data: unknown): ItemProblem[];
  validatePrevious(data: unknown): ItemProblem[];
}

/** Makes compiled entries; their validators are compiled when they are first used. */
export class EntryCompiler {
  readonly #ajv = new Ajv({
    allErrors: true,
    meta: false,
    validateSchema: false,
    formats: { date: fullFormats.date, 'date-time': fullFormats['date-time'] },
  });

  compile(version: EntryVersion): CompiledEntry {
    const filterable = version.items.filter((item) => item.filterable);
    return {
      version,
      identifier: identifierOf(version),
      filterable,
      codec: new RecordCodec(version.items.map(fieldOf)),
      previousCodec: new RecordCodec(filterable.map(fieldOf)),
      validateData: this.#validator(version, dataSchema, version.items),
      validatePrevious: this.#validator(version, previousSchema, filterable),
    };
  }

  #validator(
    version: EntryVersion,
    schemaOf: (version: EntryVersion) => JsonSchema,
    items: NumberedItem[],
  ): (data: unknown) => ItemProblem[] {
    const lists = new Set(items.filter((item) => item.list).map((item) => item.name));
    const checks = valueChecks(items);
    let validate: ValidateFunction | undefined;
    return (data) => {
      validate ??= this.#compileSchema(schemaOf(version));
      const present = withoutAbsent(data, lists);
      if (!validate(present)) return problemsOf(validate, version);
      return checks.length === 0 ? [] : failedChecks(checks, present as RecordData);
    };
  }

  #compileSchema(schema: JsonSchema): ValidateFunction {
    const validate = this.#ajv.compile(schema);
    // Else the instance would keep every schema for ever.
    this.#ajv.removeSchema(schema);
    return validate;
  }
}

function problemsOf(validate: ValidateFunction, version: EntryVersion): ItemProblem[] {
  return (validate.errors ?? []).slice(0, ITEM_PROBLEMS_MAX).map((error) => itemProblemOf(error, version));
}

const failedChecks = (checks: readonly ValueCheck[], data: RecordData): ItemProblem[] =>
  checks.map((check) => check(data)).filter((problem) => problem !== undefined);

/** The same object unless something has to be left out, which is rare. */
function withoutAbsent(data: unknown, lists: ReadonlySet<string>): unknown {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return data;
  const record = data as RecordData;
  const isAbsent = (name: string): boolean => {
    const value = record[name];
    return value === null || value === undefined || (Array.isArray(value) && value.length === 0 && lists.has(name));
  };
  const names = Object.keys(record);
  if (!names.some(isAbsent)) return record;
  return Object.fromEntries(names.filter((name) => !isAbsent(name)).map((name) => [name, record[name]]));
}
