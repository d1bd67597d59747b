import { type EntryVersion, identifierOf, type NumberedItem } from '../../proto/entry.js';
import type { RecordData } from '../../proto/event.js';
import { fieldOf } from '../../proto/item-field.js';
import { RecordCodec } from '../../proto/record.js';
import type { ItemProblem } from './item-problem.js';
import { ItemValidators } from './item-validators.js';
import { RecordValidator } from './record-validator.js';
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
  readonly #validators = new ItemValidators();

  compile(version: EntryVersion): CompiledEntry {
    const filterable = version.items.filter((item) => item.filterable);
    return {
      version,
      identifier: identifierOf(version),
      filterable,
      codec: new RecordCodec(version.items.map(fieldOf)),
      previousCodec: new RecordCodec(filterable.map(fieldOf)),
      validateData: this.#validator(version, version.items, version.items.filter(isRequired)),
      validatePrevious: this.#validator(version, filterable, []),
    };
  }

  #validator(version: EntryVersion, items: NumberedItem[], required: NumberedItem[]): (data: unknown) => ItemProblem[] {
    const lists = new Set(items.filter((item) => item.list).map((item) => item.name));
    const checks = valueChecks(items);
    const names = required.map(({ name }) => name);
    const validator = new RecordValidator(version, items, names, this.#validators);
    return (data) => {
      const present = withoutAbsent(data, lists);
      const problems = validator.problems(present);
      if (problems.length > 0) return problems;
      return checks.length === 0 ? [] : failedChecks(checks, present as RecordData);
    };
  }
}

const isRequired = (item: NumberedItem): boolean => item.identifier === true || item.required === true;

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
