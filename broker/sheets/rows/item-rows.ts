import { isItemName } from '../../../proto/entry/entry.js';
import { ownValue, setOwnValue } from '../../../proto/values/own-value.js';
import { nameKey } from '../../catalog/document/compatibility.js';
import { pinyinName } from '../names/item-names.js';
import { columnsOf, isSameSheet, type TableProfile } from '../profiles/profile.js';
import type { ReadSheet } from '../reading/columns.js';
import { isFlaw, type TableRow } from '../reading/table.js';
import { comparable } from '../reading/text-form.js';
import { readCell } from './cell-reading.js';
import type { Fault, SheetEntry, SheetField, SheetFile, SheetItem } from './sheet-entry.js';

/** The item of a row; none where no column of an item says anything. */
export function itemOf(row: TableRow, sheet: ReadSheet, onItems: boolean): { item?: SheetItem; faults: Fault[] } {
  const faults: Fault[] = [];
  const report = (fault: Omit<Fault, 'row'>): void => {
    faults.push({ row: row.number, ...(onItems && { onItems }), ...fault });
  };
  const item: SheetItem = { row: row.number, fields: {}, others: {} };
  let saysAnything = onItems;
  for (const { name, index, column } of sheet.itemColumns) {
    const cell = row.cells[index];
    if (cell !== undefined) saysAnything = true;
    if (column.written) continue;
    const { reading, fault } = readCell(cell, column);
    if (fault) report({ ...fault, column: name, field: column.field });
    const says = typeof cell === 'string' ? comparable(cell) : '';
    setOwnValue(item.fields, name, { reading, says, row: row.number, column: name });
    if (column.required && reading.kind === 'empty')
      report({ result: 'problem', column: name, field: column.field, text: 'is required' });
  }
  for (const [header, index] of sheet.others) {
    const cell = row.cells[index];
    if (!isFlaw(cell)) setOwnValue(item.others, header, cell ?? null);
    else report({ result: 'problem', column: header, field: `profile.${header}`, text: `the cell ${cell.flaw}` });
  }
  // A row of a sheet of both that says nothing about an item only continues its entry.
  return saysAnything ? { item, faults } : { faults: faults.filter(({ text }) => text !== 'is required') };
}

/** Says what each item of an entry is called, and finds titles, names and identifiers that stand there twice. */
export function nameItems(entry: SheetEntry, profile: TableProfile, file: SheetFile): void {
  const naming = namingOf(profile, file);
  for (const item of entry.items) nameItem(item, naming, entry.faults, !isSameSheet(profile));
  const seen = new Set<string>();
  let hasIdentifier = false;
  for (const item of entry.items) {
    const report = (column: string | undefined, field: string, text: string): void => {
      const onItems = isSameSheet(profile) ? {} : { onItems: true };
      entry.faults.push({
        result: 'problem',
        row: item.row,
        ...onItems,
        ...(column !== undefined && { column }),
        field,
        text,
      });
    };
    for (const [kind, value] of [
      ['title.zh', item.title],
      ['name', item.stated && nameKey(item.stated)],
    ] as const) {
      if (value === undefined) continue;
      const column = kind === 'name' && fieldFrom(item, naming.names) ? naming.names[0] : naming.titles[0];
      if (seen.has(`${kind} ${value}`)) report(column, kind, 'stands in the entry already');
      seen.add(`${kind} ${value}`);
    }
    const identifier = naming.identifiers.find((name) => isTrue(ownValue(item.fields, name)));
    if (identifier !== undefined && hasIdentifier)
      report(identifier, 'identifier', 'is a second identifier of the entry');
    hasIdentifier ||= identifier !== undefined;
  }
}

const isTrue = (field: SheetField | undefined): boolean =>
  field?.reading.kind === 'value' && field.reading.value === true;

interface Naming {
  titles: string[];
  names: string[];
  identifiers: string[];
  /** A title makes a name where no name is given. */
  makesNames: boolean;
}

function namingOf(profile: TableProfile, file: SheetFile): Naming {
  const of = (field: string): string[] =>
    columnsOf(profile.itemColumns, field)
      .map(([name]) => name)
      .filter((name) => file.itemColumns.includes(name));
  const names = of('name');
  const makesNames = names.length === 0 || names.some((name) => ownValue(profile.itemColumns, name)?.else === 'pinyin');
  return { titles: of('title.zh'), names, identifiers: of('identifier'), makesNames };
}

/** Text that a column of the field gives; undefined when none does. */
function fieldFrom(item: SheetItem, columns: readonly string[]): string | undefined {
  for (const name of columns) {
    const reading = ownValue(item.fields, name)?.reading;
    if (reading?.kind === 'value') return String(reading.value);
  }
  return undefined;
}

function nameItem(item: SheetItem, naming: Naming, faults: Fault[], onItems: boolean): void {
  const title = fieldFrom(item, naming.titles);
  const name = fieldFrom(item, naming.names);
  const isFaulty = [...naming.titles, ...naming.names].some(
    (one) => ownValue(item.fields, one)?.reading.kind === 'faulty',
  );
  const report = (text: string): void => {
    const column = naming.names[0] ?? naming.titles[0];
    faults.push({
      result: 'problem' as const,
      row: item.row,
      ...(onItems && { onItems }),
      ...(column !== undefined && { column }),
      field: 'name',
      text,
    });
  };
  if (name !== undefined && !isItemName(name))
    report('is no valid name: a letter, then letters, digits and _, 64 at most');
  if (name !== undefined) item.stated = name;
  if (title !== undefined && isItemName(title) && (name === undefined || name === title)) item.stated = title;
  else if (title !== undefined) item.title = title;
  if (item.stated !== undefined || isFaulty) return;
  if (title !== undefined && naming.makesNames) item.made = pinyinName(title);
  else report('the item has no name');
}
