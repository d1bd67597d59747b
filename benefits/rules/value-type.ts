import type { ItemType } from '../../proto/entry/entry.js';

/** Type of a value. Integers, numbers and decimals are all quantities, compared by value. */
export type ScalarType = 'string' | 'quantity' | 'date' | 'boolean';

export interface ValueType {
  scalar: ScalarType;
  list: boolean;
}

/** A quantity is a number, or a string of digits when it is a decimal. */
export type Scalar = string | number | boolean;
export type Value = Scalar | Scalar[];

/** Types of items that rules can evaluate; a datetime counts as its day. */
export const SCALAR_TYPES: Partial<Record<ItemType, ScalarType>> = {
  string: 'string',
  code: 'string',
  integer: 'quantity',
  number: 'quantity',
  decimal: 'quantity',
  boolean: 'boolean',
  date: 'date',
  datetime: 'date',
};

export const typeText = ({ scalar, list }: ValueType): string => (list ? `a list of ${scalar}` : scalar);
