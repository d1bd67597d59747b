import type { ItemType } from '../../proto/entry/entry.js';

/** What a value of a rule is. Integers, numbers and decimals are all quantities, compared by value. */
export type ScalarType = 'text' | 'quantity' | 'date' | 'boolean';

export interface ValueType {
  scalar: ScalarType;
  list: boolean;
}

/** A quantity is a number, or digits when it is a decimal. */
export type Scalar = string | number | boolean;
export type Value = Scalar | Scalar[];

/** Types of items that rules can look into; an instant is taken as its day. */
export const SCALAR_TYPES: Partial<Record<ItemType, ScalarType>> = {
  string: 'text',
  code: 'text',
  integer: 'quantity',
  number: 'quantity',
  decimal: 'quantity',
  boolean: 'boolean',
  date: 'date',
  datetime: 'date',
};

export const typeText = ({ scalar, list }: ValueType): string => (list ? `a list of ${scalar}` : scalar);
