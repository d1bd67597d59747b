import pg from 'pg';
import type { ItemType } from '../../../proto/entry/entry.js';
import type { ItemValue } from '../../../proto/event/event.js';
import { isExactNumber } from '../../../proto/values/exact-number.js';
import { hasExactNumbers, parseJsonText, textOf } from './json-text.js';
import { dateOf, dateTimeOf } from './time-value.js';

/** A value as its source writes it, PostgreSQL or a file; null is absent. */
export type ColumnText = string | null | undefined;

/** The types of pg describe another version of it (docs/decisions/0390). */
const arrayParser = pg.types.arrayParser as unknown as {
  create(text: string, one: (text: string | null) => ItemValue): { parse(): ItemValue[] };
};

export interface ValueRule {
  type: ItemType;
  list: boolean;
  codes: ReadonlyMap<string, string> | undefined;
  /** Offset of times without a zone, and of the day that a time with a zone belongs to. */
  offset: string;
}

/** Text of a column → value of the item. */
export type ValueReader = (text: string) => ItemValue;

/** The value is the text as it is. */
export const sameText: ValueReader = (text) => text;

/**
 * Converts the text of a column into a value of the item. Text that does not say exactly such a value is left as it is: the
 * catalog refuses it, and the record waits in quarantine instead of arriving changed.
 */
export function valueReader({ list, codes, ...rule }: ValueRule): ValueReader {
  const plain = plainReader(rule);
  const one: ValueReader = codes ? (text) => plain(codes.get(text) ?? text) : plain;
  return list ? (text) => listOf(text, one) : one;
}

const ELEMENT = /"[^"\\]*(?:\\.[^"\\]*)*"|[^",{}\\]+/s.source;
/** A list as PostgreSQL writes it. One of lists is no list of values, and its parser would read malformed text in some way too. */
const ARRAY = new RegExp(`^(?:\\[-?\\d+:-?\\d+\\]=)?\\{(?:(?:${ELEMENT})(?:,(?:${ELEMENT}))*)?\\}$`, 's');

/** A text that only begins like an array, as a file may hold it, is no reason to stop: it is left as it is. */
function arrayOf(text: string, read: ValueReader): ItemValue {
  return ARRAY.test(text) ? arrayParser.create(text, (one) => (one === null ? null : read(one))).parse() : text;
}

/** PostgreSQL writes the bounds of an array that does not begin at 1: `[0:1]={a,b}`. */
const BOUNDED_ARRAY = /^(?:\[-?\d+:-?\d+\])+=\{/;

/** Lists are written as arrays of PostgreSQL or of JSON. */
function listOf(text: string, read: ValueReader): ItemValue {
  if (text.startsWith('{') || BOUNDED_ARRAY.test(text)) return arrayOf(text, read);
  const list = jsonOrUndefined(text);
  if (!Array.isArray(list)) return text;
  return list.map((one) => {
    const element = textOf(one);
    return element === undefined ? null : read(element);
  });
}

function plainReader({ type, offset }: Pick<ValueRule, 'type' | 'offset'>): ValueReader {
  switch (type) {
    case 'integer':
      return integerOf;
    case 'number':
      return numberOf;
    case 'boolean':
      return booleanOf;
    case 'date':
      return (text) => dateOf(text, offset);
    case 'datetime':
      return (text) => dateTimeOf(text, offset);
    case 'object':
      return objectOf;
    default:
      return sameText;
  }
}

const TRUE = new Set(['t', 'true', 'TRUE']);
const FALSE = new Set(['f', 'false', 'FALSE']);

const booleanOf: ValueReader = (text) => (TRUE.has(text) ? true : FALSE.has(text) ? false : text);

const INTEGER = /^[+-]?\d+$/;

/** Digits with an optional sign; other notations (`0x1F`, `1e3`, `3.0`) are the fault of a program on the way. */
function integerOf(text: string): ItemValue {
  const value = INTEGER.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(value) ? value + 0 : text;
}

/** A number in the notation of JSON that a double prints back as the same decimal number. */
const numberOf: ValueReader = (text) => (isExactNumber(text) ? Number(text) : text);

/** JSON, unless a number in it would be rounded. */
function objectOf(text: string): ItemValue {
  const value = jsonOrUndefined(text);
  return value !== undefined && hasExactNumbers(value) ? (JSON.parse(text) as ItemValue) : text;
}

function jsonOrUndefined(text: string): unknown {
  try {
    return parseJsonText(text);
  } catch {
    return undefined;
  }
}
