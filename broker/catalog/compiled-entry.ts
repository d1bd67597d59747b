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

/** One version of an entry with its validators and codecs. */
export interface CompiledEntry {
  version: EntryVersion;
  identifier: NumberedItem;
  /** Filterable items of this version. */
  filterable: NumberedItem[];
  history: ItemHistory;
  codec: RecordCodec;
  /** Codec of the previous image: all items that this version or an earlier one declared filterable. */
  previousCodec: RecordCodec;
  /** True for a record that `validateData` finds no problem in, as it is: nothing in it counts as absent. False says nothing. */
  acceptsData(data: RecordData): boolean;
  /** Every problem of a record, at most 20. Absent, null and, for lists, [] are the same. */
  validateData(data: unknown): ItemProblem[];
  /**
   * Problems of a previous image, judged by type alone. The record may have been valid under the limits of an earlier
   * version only, and its subscribers must still get the `leave` or `update`.
   */
  validatePrevious(data: unknown): ItemProblem[];
}

/** Compiles entry versions. Validators are compiled at their first use. */
export class EntryCompiler {
  readonly #validators = new ItemValidators();

  /** Without a history the version counts as the first one. */
  compile(version: EntryVersion, history = itemHistory([version])): CompiledEntry {
    const everFilterable = [...history.filterable.values()];
    const data = this.#validator(version, version.items, version.items.filter(isRequired));
    const previous = this.#validator(version, everFilterable.map(withoutLimits), []);
    return {
      version,
      identifier: identifierOf(version),
      filterable: version.items.filter((item) => item.filterable),
      history,
      codec: new RecordCodec(version.items.map(fieldOf)),
      previousCodec: new RecordCodec(everFilterable.map(fieldOf)),
      acceptsData: data.accepts,
      validateData: data.problems,
      validatePrevious: previous.problems,
    };
  }

  #validator(version: EntryVersion, items: NumberedItem[], required: NumberedItem[]): RecordRules {
    const lists = new Set(items.filter((item) => item.list).map((item) => item.name));
    const checks = valueChecks(items);
    const names = required.map(({ name }) => name);
    const validator = new RecordValidator(version, items, names, this.#validators);
    return {
      accepts: (data) => validator.accepts(data) && checks.every((check) => check(data) === undefined),
      problems: (data) => {
        const present = withoutAbsent(data, lists);
        const problems = validator.problems(present);
        if (problems.length > 0) return problems;
        return checks.length === 0 ? [] : failedChecks(checks, present as RecordData);
      },
    };
  }
}

interface RecordRules {
  accepts(data: RecordData): boolean;
  problems(data: unknown): ItemProblem[];
}

const withoutLimits = ({ name, number, type }: NumberedItem): NumberedItem => ({ name, number, type });
const isRequired = (item: NumberedItem): boolean => item.identifier === true || item.required === true;

const failedChecks = (checks: readonly ValueCheck[], data: RecordData): ItemProblem[] =>
  checks.map((check) => check(data)).filter((problem) => problem !== undefined);

/** The record without absent values; the same object when there are none, which is the usual case. */
function withoutAbsent(data: unknown, lists: ReadonlySet<string>): unknown {
  if (!isMap(data)) return data;
  const record = data as RecordData;
  let absent: Set<string> | undefined;
  for (const name of Object.keys(record)) {
    const value = record[name];
    const isEmptyList = Array.isArray(value) && value.length === 0 && lists.has(name);
    if (value === null || value === undefined || isEmptyList) absent = (absent ?? new Set()).add(name);
  }
  if (!absent) return record;
  return Object.fromEntries(Object.entries(record).filter(([name]) => !absent.has(name)));
}
