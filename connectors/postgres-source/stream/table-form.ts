import type { ItemValue } from '../../../proto/event/event.js';
import { sameText } from '../../runtime/mapping/item-value.js';
import {
  type FormColumn,
  hasItemType,
  identifierText,
  type RecordFormParts,
} from '../../runtime/mapping/record-form.js';
import type { EventWriter } from '../../runtime/source/event-writer.js';
import type { RowValues } from './row-values.js';

const OPEN = Buffer.from('{');
const CLOSE = Buffer.from('}');

/** A column with what writing its item needs, looked up once. */
interface WrittenColumn extends FormColumn<number> {
  /** `,"item":` */
  name: Buffer;
  /** The value is the text of the column. */
  isText: boolean;
}

/**
 * Writes rows of one table, as one version of it orders its columns, as records in JSON. The values are those of `RecordForm`; here no
 * object is made for a record.
 */
export class TableForm {
  readonly entry: string;
  readonly #parts: RecordFormParts<number>;
  readonly #columns: readonly WrittenColumn[];
  readonly #filterable: readonly WrittenColumn[];
  readonly #identifierName: Buffer;

  constructor(parts: RecordFormParts<number>) {
    this.entry = parts.entry;
    this.#parts = parts;
    const columns = parts.columns.map(writtenColumn);
    // The key stands before them, as the identifier reads it.
    this.#columns = columns.filter(({ item }) => item !== parts.identifier.item);
    this.#filterable = columns.filter(({ filterable }) => filterable);
    this.#identifierName = nameOf(parts.identifier.item);
  }

  /** Empty when the row has no key. */
  subjectOf(row: RowValues): string {
    return String(this.identifierOf(row) ?? '');
  }

  /** Undefined when the row has no key. */
  identifierOf(row: RowValues): ItemValue | undefined {
    const { key, identifier } = this.#parts;
    if (key.length === 1) {
      const text = row.text(key[0]!);
      return text === null || text === undefined ? undefined : identifier.read(text);
    }
    const text = identifierText(key.map((column) => row.text(column)));
    return text === undefined ? undefined : identifier.read(text);
  }

  writeData(row: RowValues, identifier: ItemValue | undefined, to: EventWriter): void {
    to.raw(OPEN);
    let skipped = 1;
    if (identifier !== undefined) {
      to.raw(this.#identifierName, skipped);
      writeValue(identifier, to);
      skipped = 0;
    }
    for (const column of this.#columns) if (writeColumn(column, row, skipped, to)) skipped = 0;
    to.raw(CLOSE);
  }

  /** Writes nothing when the entry has no filterable items. */
  writePrevious(row: RowValues, name: Uint8Array, to: EventWriter): void {
    if (!this.#parts.hasFilterable) return;
    to.raw(name).raw(OPEN);
    let skipped = 1;
    for (const column of this.#filterable) if (writePrevious(column, row, skipped, to)) skipped = 0;
    to.raw(CLOSE);
  }
}

const nameOf = (item: string): Buffer => Buffer.from(`,${JSON.stringify(item)}:`);

const writtenColumn = (column: FormColumn<number>): WrittenColumn => ({
  column: column.column,
  item: column.item,
  filterable: column.filterable,
  type: column.type,
  list: column.list,
  read: column.read,
  name: nameOf(column.item),
  isText: column.read === sameText,
});

/** False for an absent value. `skipped`: 1 where no comma stands before the name. */
function writeColumn(column: WrittenColumn, row: RowValues, skipped: number, to: EventWriter): boolean {
  if (!row.has(column.column)) return false;
  to.raw(column.name, skipped);
  if (column.isText) row.write(column.column, to);
  else writeValue(column.read(row.text(column.column)!), to);
  return true;
}

/**
 * A value that is not of the item's type is left out: the catalog has refused the record that had it, and would refuse the change that
 * corrects it as well.
 */
function writePrevious(column: WrittenColumn, row: RowValues, skipped: number, to: EventWriter): boolean {
  if (column.isText) return writeColumn(column, row, skipped, to);
  const text = row.text(column.column);
  if (text === null || text === undefined) return false;
  const value = column.read(text);
  if (!hasItemType(value, column.type, column.list)) return false;
  to.raw(column.name, skipped);
  writeValue(value, to);
  return true;
}

function writeValue(value: ItemValue, to: EventWriter): void {
  if (typeof value === 'string') to.string(value);
  else to.json(JSON.stringify(value));
}
