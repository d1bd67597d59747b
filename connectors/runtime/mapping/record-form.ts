import type { ItemType } from '../../../proto/entry/entry.js';
import type { ItemValue, RecordData } from '../../../proto/event/event.js';
import { isMap } from '../../../proto/values/is-map.js';
import type { ColumnText, ValueReader } from './item-value.js';

/** How one column becomes an item. */
export interface FormColumn<ColumnRef extends string | number> {
  column: ColumnRef;
  item: string;
  filterable: boolean;
  type: ItemType;
  list: boolean;
  read: ValueReader;
}

export interface RecordFormParts<ColumnRef extends string | number> {
  entry: string;
  columns: readonly FormColumn<ColumnRef>[];
  /** Columns that identify the record. */
  key: readonly ColumnRef[];
  identifier: { item: string; read: ValueReader };
  hasFilterable: boolean;
}

/** Converts rows into records, by column names or by indexes. Everything about a column is decided before the first row. */
export class RecordForm<ColumnRef extends string | number> {
  readonly entry: string;
  readonly #parts: RecordFormParts<ColumnRef>;
  readonly #filterable: readonly FormColumn<ColumnRef>[];

  constructor(parts: RecordFormParts<ColumnRef>) {
    this.entry = parts.entry;
    this.#parts = parts;
    this.#filterable = parts.columns.filter(({ filterable }) => filterable);
  }

  /** The parts of the same conversion for rows in the order of `columns`. */
  byIndex(this: RecordForm<string>, columns: readonly string[]): RecordFormParts<number> {
    const numberOf = (name: string): number => columns.indexOf(name);
    return {
      ...this.#parts,
      columns: this.#parts.columns.map((column) => ({ ...column, column: numberOf(column.column) })),
      key: this.#parts.key.map(numberOf),
    };
  }

  /** Empty when the row has no key. */
  subjectOf(row: Readonly<Record<ColumnRef, ColumnText>>): string {
    return String(this.#identifierOf(row) ?? '');
  }

  dataOf(row: Readonly<Record<ColumnRef, ColumnText>>): RecordData {
    const data = this.#read(row, this.#parts.columns);
    const identifier = this.#identifierOf(row);
    if (identifier !== undefined) data[this.#parts.identifier.item] = identifier;
    return data;
  }

  /**
   * Previous image of the filterable items; undefined when the entry has none. A value that is not of the item's type is left out:
   * the catalog has refused the record that had it, and would refuse the change that corrects it as well.
   */
  previousOf(row: Readonly<Record<ColumnRef, ColumnText>>): RecordData | undefined {
    if (!this.#parts.hasFilterable) return undefined;
    const previous = this.#read(row, this.#filterable);
    for (const { item, type, list } of this.#filterable) {
      if (!hasItemType(previous[item], type, list)) delete previous[item];
    }
    return previous;
  }

  #read(row: Readonly<Record<ColumnRef, ColumnText>>, columns: readonly FormColumn<ColumnRef>[]): RecordData {
    const data: RecordData = {};
    for (const { column, item, read } of columns) {
      const text = row[column];
      if (text !== null && text !== undefined) data[item] = read(text);
    }
    return data;
  }

  #identifierOf(row: Readonly<Record<ColumnRef, ColumnText>>): ItemValue | undefined {
    const { key, identifier } = this.#parts;
    const text = identifierText(key.map((column) => row[column]));
    return text === undefined ? undefined : identifier.read(text);
  }
}

/** The values of the key as one; undefined without one of them: with nothing in its place the row would take the key of another one. */
export function identifierText(values: readonly ColumnText[]): string | undefined {
  const parts: string[] = [];
  for (const value of values) {
    if (value === null || value === undefined) return undefined;
    parts.push(value);
  }
  return parts.length === 1 ? parts[0] : joinKey(parts);
}

/**
 * Joins the values of a composite key by `-`. All but the last are escaped, so that different rows have different keys: `35-01`, `2`
 * and `35`, `01-2` would be one record otherwise.
 */
const joinKey = (values: readonly string[]): string =>
  values.map((value, index) => (index < values.length - 1 ? value.replace(/[%-]/g, escapeInKey) : value)).join('-');

const escapeInKey = (character: string): string => (character === '%' ? '%25' : '%2D');

/** A reader leaves text that does not fit the type. The texts of dates and decimals are validated by the bus alone. */
export function hasItemType(value: ItemValue | undefined, type: ItemType, list: boolean): boolean {
  if (list) return Array.isArray(value) && value.every((one) => hasItemType(one, type, false));
  if (type === 'integer') return Number.isSafeInteger(value);
  if (type === 'number' || type === 'boolean') return typeof value === type;
  if (type === 'object') return isMap(value);
  return typeof value === 'string';
}
