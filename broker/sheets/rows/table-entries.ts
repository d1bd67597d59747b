import { ownValue, setOwnValue } from '../../../proto/values/own-value.js';
import { columnsOf, isSameSheet, type TableProfile } from '../profiles/profile.js';
import {
  entrySheetColumns,
  itemSheetColumns,
  type NamedColumn,
  type ReadSheet,
  readSheet,
  textAt,
} from '../reading/columns.js';
import { isFlaw, ROWS_MAX, type Table, type TableRow } from '../reading/table.js';
import { comparable } from '../reading/text-form.js';
import { readCell } from './cell-reading.js';
import { itemOf, nameItems } from './item-rows.js';
import { boundItems, type SheetEntry, type SheetFile } from './sheet-entry.js';

/** The entries of one sheet, or of a sheet of entries and one of items. Throws UnusableFileError. */
export function tableEntries(profile: TableProfile, entriesTable: Table, itemsTable?: Table): SheetFile {
  const sheet = readSheet(entriesTable, profile.entries, entrySheetColumns(profile));
  const items =
    itemsTable && readSheet(itemsTable, profile.items, itemSheetColumns(profile), ROWS_MAX - sheet.rows.length);
  const beyond = sheet.beyond ?? items?.beyond;
  const file: SheetFile = {
    ...(sheet.sheet !== undefined && { sheet: sheet.sheet }),
    ...(items?.sheet !== undefined && { itemSheet: items.sheet }),
    columns: sheet.entryColumns.map(({ name }) => name),
    itemColumns: (items ?? sheet).itemColumns.map(({ name }) => name),
    entries: [],
    loose: [],
    ...(beyond !== undefined && { beyond: { row: beyond, onItems: sheet.beyond === undefined } }),
  };
  if (beyond !== undefined) return file;
  const rows = new EntryRows(profile, sheet, file);
  for (const row of sheet.rows) rows.add(row);
  for (const row of items?.rows ?? []) rows.addItem(row, items as ReadSheet);
  for (const entry of file.entries) finish(entry, profile, file);
  return file;
}

class EntryRows {
  readonly #byKey = new Map<string, SheetEntry>();
  readonly #isSameSheet: boolean;
  /** Entry of the row above. */
  #current: SheetEntry | undefined;

  constructor(
    private readonly profile: TableProfile,
    private readonly sheet: ReadSheet,
    private readonly file: SheetFile,
  ) {
    this.#isSameSheet = isSameSheet(profile);
  }

  add(row: TableRow): void {
    const key = textAt(row, this.sheet.key);
    const known = key === undefined ? undefined : this.#byKey.get(key);
    if (!this.#isSameSheet && (known || key === undefined)) {
      this.#addIgnored(row, known ? `has the key of row ${known.row} again` : 'has no key');
      return;
    }
    const entry = known ?? (key === undefined ? this.#above(row) : this.#open(key, row));
    if (!entry) return;
    this.#current = entry;
    entry.lastRow = Math.max(entry.lastRow, row.number);
    if (row.isBroken) this.#addBroken(entry, row);
    this.#addFrom(entry, row);
    for (const column of this.sheet.entryColumns) this.#addCell(entry, row, column);
    if (this.#isSameSheet) this.#addItemOf(entry, row, this.sheet);
    else this.#addOthers(entry, row);
  }

  addItem(row: TableRow, items: ReadSheet): void {
    const key = textAt(row, items.key);
    const entry = key === undefined ? undefined : this.#byKey.get(key);
    if (entry) this.#addItemOf(entry, row, items, true);
    else {
      const cell = row.cells[items.key];
      const text = isFlaw(cell) ? `the cell ${cell.flaw}` : 'no entry of the file has this key';
      this.file.loose.push({
        result: 'problem',
        row: row.number,
        onItems: true,
        column: this.profile.items.join,
        text,
      });
    }
  }

  /** Undefined for a row that belongs to no entry. A key that cannot be read belongs to none either. */
  #above(row: TableRow): SheetEntry | undefined {
    const cell = row.cells[this.sheet.key];
    if (this.#current && !isFlaw(cell)) return this.#current;
    if (this.#current && !row.isBroken) return this.#current;
    // Rows below without a key belong to the entry of this one, which is not known.
    this.#current = undefined;
    const text = isFlaw(cell) ? `the cell ${cell.flaw}` : 'the row has no key, and no row above it has one';
    const { key } = this.profile.entries;
    this.file.loose.push({ result: 'problem', row: row.number, column: key, ...fieldOf(this.profile, key), text });
    return undefined;
  }

  #open(key: string, row: TableRow): SheetEntry {
    const entry = emptyEntry(row.number);
    this.#byKey.set(key, entry);
    this.file.entries.push(entry);
    return entry;
  }

  #addIgnored(row: TableRow, text: string): void {
    const entry: SheetEntry = { ...emptyEntry(row.number), isIgnored: true };
    this.#addFrom(entry, row);
    const { key } = this.profile.entries;
    const cell = row.cells[this.sheet.key];
    const why = isFlaw(cell) ? `the cell ${cell.flaw}` : `the row ${text}`;
    entry.faults = [{ result: 'problem', row: row.number, column: key, ...fieldOf(this.profile, key), text: why }];
    this.file.entries.push(entry);
  }

  #addBroken(entry: SheetEntry, row: TableRow): void {
    entry.isBroken = true;
    entry.faults.push({ result: 'problem', row: row.number, text: 'the row has a byte that cannot be read' });
  }

  #addFrom(entry: SheetEntry, row: TableRow): void {
    const index = this.sheet.from as number;
    const cell = row.cells[index];
    const column = this.profile.entries.id.from;
    if (isFlaw(cell)) {
      if (entry.from === '') entry.from = undefined;
      if (!row.isBroken) addOnce(entry, { result: 'problem', row: entry.row, column, text: `the cell ${cell.flaw}` });
      return;
    }
    const value = comparable(cell ?? '');
    if (value === '' || value === entry.from) return;
    if (entry.from === '' || entry.from === undefined) entry.from = value;
    else if (!row.isBroken) {
      const text = `says another code than row ${entry.row} of the same key: two entries need two keys`;
      entry.faults.push({ result: 'problem', row: row.number, column, ...fieldOf(this.profile, column), text });
    }
  }

  #addCell(entry: SheetEntry, row: TableRow, { name, index, column }: NamedColumn): void {
    if (column.written || name === this.profile.entries.id.from) return;
    const cell = row.cells[index];
    const { reading, fault } = readCell(cell, column);
    const says = typeof cell === 'string' ? comparable(cell) : '';
    const { field } = column;
    if (fault && !row.isBroken) addOnce(entry, { ...fault, row: entry.row, column: name, field });
    const before = ownValue(entry.fields, name);
    const isNews = !before || (before.says === '' && before.reading.kind !== 'value');
    if (isNews) {
      if (before === undefined || reading.kind !== 'empty')
        setOwnValue(entry.fields, name, { reading, says, row: entry.row, column: name });
      return;
    }
    if (says === '' || says === before.says || row.isBroken) return;
    if (JSON.stringify(reading) === JSON.stringify(before.reading)) return;
    const text = 'says something else than an earlier row of the entry';
    entry.faults.push({ result: 'problem', row: row.number, column: name, field, text });
  }

  #addItemOf(entry: SheetEntry, row: TableRow, sheet: ReadSheet, onItems = false): void {
    if (row.isBroken) return;
    const { item, faults } = itemOf(row, sheet, onItems);
    if (item) entry.items.push(item);
    entry.faults.push(...faults);
  }

  #addOthers(entry: SheetEntry, row: TableRow): void {
    for (const [header, index] of this.sheet.others) {
      const cell = row.cells[index];
      const text = isFlaw(cell) ? `the cell ${cell.flaw}` : '';
      if (isFlaw(cell))
        entry.faults.push({ result: 'problem', row: row.number, column: header, field: `profile.${header}`, text });
      else setOwnValue(entry.others, header, cell ?? null);
    }
  }
}

const emptyEntry = (row: number): SheetEntry => ({
  row,
  lastRow: row,
  from: '',
  fields: {},
  others: {},
  items: [],
  faults: [],
  isBroken: false,
});

const fieldOf = (profile: TableProfile, name: string): { field?: string } => {
  const field = ownValue(profile.columns, name)?.field;
  return field === undefined ? {} : { field };
};

/** A field of the entry is reported at its first row, so the same cell in its other rows makes no further line. */
function addOnce(entry: SheetEntry, fault: SheetEntry['faults'][number]): void {
  const isKnown = entry.faults.some(({ column, text }) => column === fault.column && text === fault.text);
  if (!isKnown) entry.faults.push(fault);
}

function finish(entry: SheetEntry, profile: TableProfile, file: SheetFile): void {
  if (entry.isIgnored) return;
  for (const [name, { field, required }] of Object.entries(profile.columns)) {
    const isGiven = (one: string): boolean => (ownValue(entry.fields, one)?.reading.kind ?? 'empty') !== 'empty';
    const isEmpty =
      name === profile.entries.id.from
        ? entry.from === ''
        : !columnsOf(profile.columns, field).some(([one]) => isGiven(one));
    if (!required || !isEmpty || entry.isBroken) continue;
    entry.faults.push({ result: 'problem', row: entry.row, column: name, field, text: 'is required' });
  }
  nameItems(entry, profile, file);
  boundItems(entry);
}
