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

/** Compiles entry versions. */
export class EntryCompiler {
  readonly #validators = new ItemValidators();

  /** `historyUpTo` is asked when an event needs it first; without it the version counts as the first one. */
  compile(version: EntryVersion, historyUpTo = () => itemHistory([version])): CompiledEntry {
    return new CompiledVersion(version, historyUpTo, this.#validators);
  }
}

/** The previous image as the versions up to one declare it. */
interface PreviousImage {
  history: ItemHistory;
  codec: RecordCodec;
  rules: RecordRules;
}

/**
 * Few entries of a large catalog stay compiled, so many an event has its entry compiled anew. Most events have no previous image, for
 * which all earlier versions are parsed: what it needs is made at its first use (docs/decisions/0301).
 */
class CompiledVersion implements CompiledEntry {
  readonly identifier: NumberedItem;
  readonly filterable: NumberedItem[];
  readonly codec: RecordCodec;
  readonly #data: RecordRules;
  #previous: PreviousImage | undefined;

  constructor(
    readonly version: EntryVersion,
    private readonly historyUpTo: () => ItemHistory,
    private readonly validators: ItemValidators,
  ) {
    const { items } = version;
    this.identifier = identifierOf(version);
    this.filterable = items.filter((item) => item.filterable);
    this.codec = new RecordCodec(items.map(fieldOf));
    this.#data = this.#rules(items, items.filter(isRequired));
  }

  get history(): ItemHistory {
    return this.#previousImage.history;
  }

  get previousCodec(): RecordCodec {
    return this.#previousImage.codec;
  }

  acceptsData(data: RecordData): boolean {
    return this.#data.accepts(data);
  }

  validateData(data: unknown): ItemProblem[] {
    return this.#data.problems(data);
  }

  validatePrevious(data: unknown): ItemProblem[] {
    return this.#previousImage.rules.problems(data);
  }

  get #previousImage(): PreviousImage {
    this.#previous ??= this.#makePreviousImage();
    return this.#previous;
  }

  #makePreviousImage(): PreviousImage {
    const history = this.historyUpTo();
    const items = [...history.filterable.values()];
    const codec = new RecordCodec(items.map(fieldOf));
    return { history, codec, rules: this.#rules(items.map(withoutLimits), []) };
  }

  #rules(items: NumberedItem[], required: NumberedItem[]): RecordRules {
    const lists = new Set(items.filter((item) => item.list).map((item) => item.name));
    const checks = valueChecks(items);
    const names = required.map(({ name }) => name);
    const validator = new RecordValidator(this.version, items, names, this.validators);
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
