import pg from 'pg';
import type { ItemType } from '../../../proto/entry/entry.js';
import type { ItemValue } from '../../../proto/event/event.js';

/** A value as its source writes it, PostgreSQL or a file; null is absent. */
export type ColumnText = string | null | undefined;

/** The types of pg describe another version of it. */
const arrayParser = pg.types.arrayParser as unknown as {
  create(text: string, one: (text: string | null) => ItemValue): { parse(): ItemValue[] };
};

export interface ValueRule {
  type: ItemType;
  list: boolean;
  codes: ReadonlyMap<string, string> | undefined;
  offset: string;
}

/** Text of a column → value of the item. */
export type ValueReader = (text: string) => ItemValue;

/**
 * How texts of a column become values of the item. What does not fit is left as text: the catalog then refuses it, and the
 * record waits in the quarantine instead of arriving changed.
 */
export function valueReader({ list, codes, ...rule }: ValueRule): ValueReader {
  const plain = plainReader(rule);
  const one: ValueReader = codes ? (text) => plain(codes.get(text) ?? text) : plain;
  return list ? (text) => listOf(text, one) : one;
}

function listOf(text: string, read: ValueReader): ItemValue {
  if (text.startsWith('[')) return jsonOf(text);
  if (!text.startsWith('{')) return text;
  return arrayParser.create(text, (one) => (one === null ? null : read(one))).parse();
}

function plainReader({ type, offset }: Pick<ValueRule, 'type' | 'offset'>): ValueReader {
  switch (type) {
    case 'integer':
    case 'number':
      return numberOf;
    case 'boolean':
      return booleanOf;
    case 'date':
      return dateOf;
    case 'datetime':
      return (text) => datetimeOf(text, offset);
    case 'object':
      return jsonOf;
    default:
      return (text) => text;
  }
}

const booleanOf: ValueReader = (text) =>
  text === 't' || text === 'true' ? true : text === 'f' || text === 'false' ? false : text;

const dateOf: ValueReader = (text) => (/^\d{4}-\d\d-\d\d[ T]/.test(text) ? text.slice(0, 10) : text);

/** A number that JavaScript would round is no longer the source's. */
function numberOf(text: string): ItemValue {
  // Number('') is 0: an empty field would arrive as a value that nobody gave.
  const value = text.trim() === '' ? Number.NaN : Number(text);
  return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value)) ? value : text;
}

/** `2026-11-22 08:30:00.5+00` → RFC 3339. */
function datetimeOf(text: string, offset: string): string {
  const [, date, time, zone] =
    /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d:\d\d(?:\.\d+)?))?([+-]\d\d(?::\d\d)?)?$/.exec(text) ?? [];
  if (date === undefined) return text;
  return `${date}T${time ?? '00:00:00'}${zone === undefined ? offset : zoneOf(zone)}`;
}

const zoneOf = (zone: string): string =>
  zone === '+00' || zone === '+00:00' ? 'Z' : zone.length === 3 ? `${zone}:00` : zone;

function jsonOf(text: string): ItemValue {
  try {
    return JSON.parse(text) as ItemValue;
  } catch {
    return text;
  }
}
