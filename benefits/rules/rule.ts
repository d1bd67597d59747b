import type { ItemType, Title } from '../../proto/entry/entry.js';
import type { Day } from './calendar-date.js';
import type { RuleDocument } from './rule-document.js';
import type { EvaluatedValue, Scope } from './scope.js';
import type { Value, ValueType } from './value-type.js';

export interface RuleSource {
  name: string;
  grant: string;
  /** Item that names the subject; undefined: the record's own key does. */
  key: string | undefined;
  many: boolean;
  optional: boolean;
  items: ReadonlyMap<string, { type: ItemType; list: boolean }>;
}

export interface CompiledValue {
  type: ValueType;
  /** For explanations: `age of birth.birthDate`. */
  text: string;
  evaluate(scope: Scope): EvaluatedValue;
}

/** One comparison inside a condition, with the values that it compared. Stored and served as JSON. */
export interface Check {
  value: string;
  found: Value | undefined;
  operator: string;
  against: Value | undefined;
  met: boolean;
}

export interface ConditionOutcome {
  met: boolean;
  /** The first later day on which it can change without an event. */
  stableUntil: Day | undefined;
}

export interface CompiledCondition {
  test(scope: Scope, checks: Check[]): ConditionOutcome;
}

/** A checked rule, compiled from a closed set of forms: nothing in it is code from the file. */
export interface Rule {
  id: string;
  version: number;
  title: Title;
  entry: string;
  about: RuleSource;
  sources: ReadonlyMap<string, RuleSource>;
  conditions: readonly { id: string; words: Title; condition: CompiledCondition }[];
  outcome: {
    measure: string;
    words: Title;
    per: string | undefined;
    values: ReadonlyMap<'amount' | 'from' | 'until', CompiledValue>;
    items: ReadonlyMap<string, CompiledValue>;
  };
  document: RuleDocument;
}
