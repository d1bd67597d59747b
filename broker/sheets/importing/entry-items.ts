import type { EntryDraft, Item } from '../../../proto/entry/entry.js';
import { GRADES } from '../../../proto/entry/entry-words.js';
import { ownValue } from '../../../proto/values/own-value.js';
import { type Column, columnsOf, type TableProfile } from '../profiles/profile.js';
import { comparable } from '../reading/text-form.js';
import type { SheetEntry, SheetField, SheetHead, SheetItem } from '../rows/sheet-entry.js';
import { itemCell } from '../writing/cell-text.js';
import { layOther } from './entry-fields.js';
import { setField } from './field-path.js';
import { matchedItems, namesOf, type PlacedItem } from './placed-items.js';
import type { Problem } from './report.js';

/** Bounds of a value, which are numbers but for decimals. */
const BOUNDS: ReadonlySet<string> = new Set(['minimum', 'maximum']);

/** Makes the items those of the file, in its order; one that was there keeps what the file says nothing about. */
export function layItems(
  document: EntryDraft,
  present: EntryDraft | undefined,
  entry: SheetEntry,
  { profile, file }: { profile: TableProfile; file: SheetHead },
): Problem[] {
  const problems: Problem[] = [];
  const placed = matchedItems(entry.items, present?.items ?? []);
  const names = namesOf(placed, saysName);
  const laid = placed.map(({ item, found }, index) => {
    const target = { ...found, name: names[index] ?? '' } as Item;
    for (const [name, column] of typeFirst(profile.itemColumns)) {
      const cell = ownValue(item.fields, name);
      if (cell && !column.written) layCell(target, found, cell, column, { item, name, entry: present, problems });
    }
    for (const [header, text] of Object.entries(item.others)) layOther(target as never, found, header, text);
    if (target.type === undefined && !hasProblem(problems, item, 'type') && !isFaulty(item, profile, 'type')) {
      problems.push({ row: item.row, ...columnOf(profile, file, 'type'), field: 'type', text: 'the item has no type' });
    }
    return target;
  });
  layGrade(document, present, placed, laid, profile);
  if (laid.length > 0 || present?.items?.length === 0) document.items = laid;
  else delete document.items;
  return problems;
}

const hasProblem = (problems: readonly Problem[], { row }: SheetItem, field: string): boolean =>
  problems.some((one) => one.row === row && one.field === field);

const isFaulty = ({ fields }: SheetItem, { itemColumns }: TableProfile, field: string): boolean =>
  columnsOf(itemColumns, field).some(([name]) => ownValue(fields, name)?.reading.kind === 'faulty');

/** The name that the profile has for a field of an item; of several the one that the file has. */
export function columnOf(profile: TableProfile, file: SheetHead, field: string): { column?: string } {
  const names = columnsOf(profile.itemColumns, field).map(([name]) => name);
  const column = names.find((name) => file.itemColumns.includes(name)) ?? names[0];
  return column === undefined ? {} : { column };
}

/** The meaning of a length depends on the type. */
const typeFirst = (columns: Record<string, Column>): [string, Column][] =>
  Object.entries(columns).sort(([, a], [, b]) => Number(b.field === 'type') - Number(a.field === 'type'));

/** Whether a column of names, and not only a title that could be a name, says the name. */
const saysName = ({ fields, stated }: SheetItem): boolean =>
  Object.values(fields).filter(({ reading }) => reading.kind === 'value' && reading.value === stated).length > 1;

interface CellContext {
  item: SheetItem;
  name: string;
  /** The entry as it is now. */
  entry: EntryDraft | undefined;
  problems: Problem[];
}

function layCell(target: Item, found: Item | undefined, cell: SheetField, column: Column, context: CellContext): void {
  const { field } = column;
  const { reading } = cell;
  const { item, name, entry, problems } = context;
  if (field === 'name' || reading.kind === 'faulty') return;
  if (found && entry && comparable(itemCell(column, found, entry)) === cell.says && !isMoved(field, found, target))
    return;
  const record = target as unknown as Record<string, unknown>;
  const report = (text: string): void => {
    problems.push({ row: item.row, column: name, field, text });
  };
  if (reading.kind === 'outside') report(reading.text);
  const value = reading.kind === 'value' ? reading.value : undefined;
  if (field === 'title.zh') setField(record, field, item.title);
  else if (field === 'maxLength') layLength(record, target, value, name, report);
  else if (BOUNDS.has(field)) setField(record, field, boundOf(value, target.type));
  else setField(record, field, value);
}

function boundOf(value: unknown, type: Item['type']): unknown {
  if (typeof value !== 'string') return value;
  const text = comparable(value);
  return type === 'decimal' || Number.isNaN(Number(text)) ? text : Number(text);
}

/** A length that was kept beside a date is a limit once the item is a text. */
const isMoved = (field: string, found: Item, target: Item): boolean =>
  field === 'maxLength' && found.type !== target.type;

const TEXTS: readonly unknown[] = ['string', 'code'];

/** A length is a limit of texts; of other types it is kept as it stands. */
function layLength(
  record: Record<string, unknown>,
  { type }: Item,
  value: unknown,
  column: string,
  report: (text: string) => void,
): void {
  const isText = TEXTS.includes(type);
  const digits = comparable(String(value ?? ''));
  const isNumber = /^\d{1,9}$/.test(digits);
  if (isText && value !== undefined && !isNumber) report('is no whole number');
  setField(record, 'maxLength', isText && isNumber ? Number(digits) : undefined);
  setField(record, `profile.${column}`, isText ? undefined : value);
}

/** The grade of an entry is the highest of its items; where every cell leaves its item as it is, so is the grade. */
function layGrade(
  document: EntryDraft,
  present: EntryDraft | undefined,
  placed: readonly PlacedItem<SheetItem>[],
  laid: readonly Item[],
  profile: TableProfile,
): void {
  const columns = columnsOf(profile.itemColumns, 'grade');
  const cells = placed.flatMap(({ item }) =>
    columns.map(([name]) => ownValue(item.fields, name)).filter((cell) => cell !== undefined),
  );
  if (cells.length === 0) return;
  const isSame = (one: PlacedItem<SheetItem>, index: number): boolean =>
    one.found?.grade === laid[index]?.grade && columns.every(([name, column]) => leaves(one, name, column, present));
  if (present && placed.length === (present.items ?? []).length && placed.every(isSame)) return;
  const grades = cells.flatMap(({ reading }) =>
    reading.kind === 'value' ? [GRADES.indexOf(reading.value as 'core')] : [],
  );
  if (grades.length > 0) document.dataGrade = GRADES[Math.max(0, ...grades)];
  else delete document.dataGrade;
}

function leaves(
  { item, found }: PlacedItem<SheetItem>,
  name: string,
  column: Column,
  present: EntryDraft | undefined,
): boolean {
  const cell = ownValue(item.fields, name);
  return (
    !cell ||
    (found !== undefined && present !== undefined && comparable(itemCell(column, found, present)) === cell.says)
  );
}
