import { type EntryVersion, identifierOf, type NumberedItem } from '../../proto/entry/entry.js';
import { fieldOf } from '../../proto/entry/item-field.js';
import type { RecordData } from '../../proto/event/event.js';
import { RecordCodec } from '../../proto/event/record.js';
import { isMap } from '../../proto/values/is-map.js';
import { type ItemHistory, itemHistory } from './item-history.js';
import type { ItemProblem } from './values/item-problem.js';
import { ItemValidators } from './values/item-validators.js';
import { RecordValidator } from './values/record-validator.js';
import { type ValueCheck, valueChecks } from './values/value-checks.js';

/** One version of an entry, ready to validate and encode its records. */
export interface CompiledEntry {
  version: EntryVersion;
  identifier: NumberedItem;
  /** Of this version alone. */
  filterable: NumberedItem[];
  history: ItemHistory;
  codec: RecordCodec;
  /** Of former values: of all items that this version or one before declared filterable. */
  previousCodec: RecordCodec;
  /** Every problem of a record, at most 20. Absent, null and, for lists, [] are the same. */
  validateData(data: unknown): ItemProblem[];
  /**
   * By type alone: what a record was under an earlier version needs not obey the limits of this one, and its subscribers
   * must be told when it changes.
   */
  validatePrevious(data: unknown): ItemProblem[];
}

/** Makes compiled entries; their validators are compiled when they are first used. */
export class EntryCompiler {
  readonly #validators = new ItemValidators();

  /** Without a history the version is the first one. */
  compile(version: EntryVersion, history = itemHistory([version])): CompiledEntry {
    const former = [...history.filterable.values()];
    return {
      version,
      identifier: identifierOf(version),
      filterable: version.items.filter((item) => item.filterable),
      history,
      codec: new RecordCodec(version.items.map(fieldOf)),
      previousCodec: new RecordCodec(former.map(fieldOf)),
      validateData: this.#validator(version, version.items, version.items.filter(isRequired)),
      validatePrevious: this.#validator(version, former.map(withoutLimits), []),
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

const withoutLimits = ({ name, number, type }: NumberedItem): NumberedItem => ({ name, number, type });
const isRequired = (item: NumberedItem): boolean => item.identifier === true || item.required === true;

const failedChecks = (checks: readonly ValueCheck[], data: RecordData): ItemProblem[] =>
  checks.map((check) => check(data)).filter((problem) => problem !== undefined);

/** The same object unless something has to be left out, which is rare. */
function withoutAbsent(data: unknown, lists: ReadonlySet<string>): unknown {
  if (!isMap(data)) return data;
  const record = data as RecordData;
  const isAbsent = (name: string): boolean => {
    const value = record[name];
    return value === null || value === undefined || (Array.isArray(value) && value.length === 0 && lists.has(name));
  };
  const names = Object.keys(record);
  if (!names.some(isAbsent)) return record;
  return Object.fromEntries(names.filter((name) => !isAbsent(name)).map((name) => [name, record[name]]));
}
