import type { ItemType, Title } from '../../proto/entry/entry.js';

/** A value in a rules file: a literal, or one of these forms. */
export type ValueDocument =
  | string
  | number
  | boolean
  | { item: string }
  | { today: true }
  | { age: ValueDocument; at?: ValueDocument }
  | { months: { from: ValueDocument; to?: ValueDocument } }
  | { date: ValueDocument; plus?: { years?: number; months?: number; days?: number }; to?: 'monthStart' | 'monthEnd' }
  | { count: string; where?: ConditionDocument }
  | { values: string }
  | { first: number; of: ValueDocument }
  | { plus: ValueDocument[] }
  | { minus: [ValueDocument, ValueDocument] }
  | { times: ValueDocument[] }
  | { either: ValueDocument[] };

export const OPERATORS = [
  'is',
  'isNot',
  'in',
  'notIn',
  'atLeast',
  'atMost',
  'above',
  'below',
  'startsWith',
  'contains',
] as const;
export type Operator = (typeof OPERATORS)[number];

export type ConditionDocument =
  | { all: ConditionDocument[] }
  | { any: ConditionDocument[] }
  | { none: ConditionDocument[] }
  | { exists: string }
  | { missing: string }
  | ({ value: ValueDocument } & { [operator in Operator]?: ValueDocument | ValueDocument[] });

export interface SourceDocument {
  grant: string;
  /** Item that names the subject; without it the record's own key does. */
  key?: string;
  many?: boolean;
  optional?: boolean;
  items: Record<string, ItemType | { list: ItemType }>;
}

export interface RuleDocument {
  id: string;
  version: number;
  title: Title;
  /** Catalog entry to which the decisions are published. */
  entry: string;
  about: string;
  sources: Record<string, SourceDocument>;
  conditions: { id: string; words: Title; test: ConditionDocument }[];
  outcome: {
    measure: string;
    words: Title;
    amount?: ValueDocument;
    per?: 'once' | 'day' | 'month' | 'year';
    from?: ValueDocument;
    until?: ValueDocument;
    items?: Record<string, ValueDocument>;
  };
}
