import type { ItemType, Title } from '../../proto/entry/entry.js';
import type { Day } from './calendar-date.js';
import type { RuleDocument } from './rule-document.js';
import type { Evaluated, Scope } from './scope.js';
import type { Value, ValueType } from './value-type.js';

export interface RuleSource {
  name: string;
  grant: string;
  /** Undefined: the record's own key is the subject's. */
  key: string | undefined;
  many: boolean;
  optional: boolean;
  items: ReadonlyMap<string, { type: ItemType; list: boolean }>;
}

export interface CompiledValue {
  type: ValueType;
  /** As a reader would say it: `age of birth.birthDate`. */
  text: string;
  evaluate(scope: Scope): Evaluated;
}

/** One comparison inside a condition, with what it found. */
export interface Check {
  value: string;
  found: Value | undefined;
  operator: string;
  against: Value | undefined;
  met: boolean;
}

export interface Tested {
  met: boolean;
  /** The first later day on which it can come out differently by itself. */
  until: Day | undefined;
}

export interface CompiledCondition {
  test(scope: Scope, checks: Check[]): Tested;
}

/** A checked rule. Nothing in it is text to be run: it was put together from a closed set of forms. */
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
