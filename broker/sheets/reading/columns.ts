import { type Column, isSameSheet, type SheetLayout, type TableProfile } from '../profiles/profile.js';
import { missingColumn } from './missing-column.js';
import { type Cell, isFlaw, ROWS_MAX, type Table, type TableRow, UnusableFileError } from './table.js';
import { bareName, comparable } from './text-form.js';

/** A column of a file that the profile names. */
export interface NamedColumn {
  /** As the profile writes it. */
  name: string;
  index: number;
  column: Column;
}

/** A sheet with its header understood. */
export interface ReadSheet {
  sheet?: string;
  key: number;
  from?: number;
  entryColumns: NamedColumn[];
  itemColumns: NamedColumn[];
  /** Columns that the profile does not name: header → index. */
  others: [string, number][];
  rows: TableRow[];
  /** Number of the first row beyond the bound. */
  beyond?: number;
}

export interface SheetColumns {
  /** Column that says which rows are one entry, or to which entry an item belongs. */
  key: string;
  from?: string;
  columns: Record<string, Column>;
  itemColumns: Record<string, Column>;
}

export const entrySheetColumns = (profile: TableProfile): SheetColumns => ({
  key: profile.entries.key,
  from: profile.entries.id.from,
  columns: profile.columns,
  itemColumns: isSameSheet(profile) ? profile.itemColumns : {},
});

export const itemSheetColumns = (profile: TableProfile): SheetColumns => ({
  key: profile.items.join,
  columns: {},
  itemColumns: profile.itemColumns,
});

/** Finds the header and the columns of the profile. `rowsMax` is what other sheets have left. Throws UnusableFileError. */
export function readSheet(table: Table, layout: SheetLayout, wanted: SheetColumns, rowsMax = ROWS_MAX): ReadSheet {
  const lastHeader = lastHeaderRow(table, layout, wanted.key);
  const headers = headersOf(table, layout, lastHeader);
  const named = new Map<string, number>();
  const names = [wanted.key, ...(wanted.from === undefined ? [] : [wanted.from])];
  names.push(...Object.keys(wanted.columns), ...Object.keys(wanted.itemColumns));
  for (const match of [comparable, bareName]) assign(headers, new Set(names), named, match);
  const body = table.rows.filter(({ number }) => number > lastHeader).map((row) => filledDown(row, table));
  const need = (name: string): number => {
    const index = named.get(name);
    if (index === undefined) throw missingColumn(name, table);
    return index;
  };
  const found = (columns: Record<string, Column>): NamedColumn[] =>
    Object.entries(columns).flatMap(([name, column]) => {
      const index = named.get(name);
      return index === undefined ? [] : [{ name, index, column }];
    });
  const taken = new Set(named.values());
  return {
    ...(table.sheet !== undefined && { sheet: table.sheet }),
    key: need(wanted.key),
    ...(wanted.from !== undefined && { from: need(wanted.from) }),
    entryColumns: found(wanted.columns),
    itemColumns: found(wanted.itemColumns),
    others: othersOf(headers, taken),
    rows: body.slice(0, rowsMax),
    ...(body.length > rowsMax && { beyond: (body[rowsMax] as TableRow).number }),
  };
}

function filledDown(row: TableRow, { filled }: Table): TableRow {
  for (const [index, cell] of filled.get(row.number) ?? []) row.cells[index] ??= cell;
  return row;
}

/** Number of the last row of the header. */
function lastHeaderRow(table: Table, { headerRows, skipRows }: SheetLayout, key: string): number {
  if (headerRows === 2) return (skipRows ?? 0) + 2;
  if (skipRows !== undefined) return skipRows + 1;
  const isKey = (cell: Cell): boolean =>
    typeof cell === 'string' && (comparable(cell) === comparable(key) || bareName(cell) === bareName(key));
  const header = table.rows.find(({ cells }) => cells.some(isKey));
  if (!header) throw missingColumn(key, table);
  return header.number;
}

/** Names of the columns by index. */
function headersOf(table: Table, { headerRows }: SheetLayout, last: number): string[] {
  const textsOf = (number: number, more: Map<number, Cell> | undefined): string[] => {
    const texts: string[] = [];
    const cells = table.rows.find((row) => row.number === number)?.cells ?? [];
    for (const [index, cell] of cells.entries()) if (typeof cell === 'string') texts[index] = cell;
    for (const [index, cell] of more ?? []) if (typeof cell === 'string') texts[index] ??= cell;
    return Array.from(texts, (text) => text ?? '');
  };
  const lower = textsOf(last, undefined);
  if (headerRows === 1) return lower;
  const upper = textsOf(last - 1, table.spread.get(last - 1));
  const width = Math.max(lower.length, upper.length);
  const counts = new Map<string, number>();
  for (const name of lower) counts.set(bareName(name), (counts.get(bareName(name)) ?? 0) + 1);
  return Array.from({ length: width }, (_none, index) => {
    const [above = '', below = ''] = [upper[index], lower[index]];
    if (below === '') return above;
    return (counts.get(bareName(below)) ?? 0) > 1 && above !== '' ? `${above}/${below}` : below;
  });
}

/** Gives each column of the file to the name that is equal to it under `form`, unless it is given away already. */
function assign(
  headers: readonly string[],
  names: ReadonlySet<string>,
  named: Map<string, number>,
  form: (name: string) => string,
): void {
  const byForm = new Map([...names].reverse().map((name) => [form(name), name]));
  const taken = new Set(named.values());
  for (const [index, header] of headers.entries()) {
    const name = header === '' || taken.has(index) ? undefined : byForm.get(form(header));
    if (name === undefined) continue;
    if (named.has(name)) throw new UnusableFileError(`the column ${name} stands twice in the file`);
    named.set(name, index);
  }
}

/** Columns of one name get `_2`, `_3` and so on, which skip the names that stand in the header. */
function othersOf(headers: readonly string[], taken: ReadonlySet<number>): [string, number][] {
  const standing = new Set(headers);
  const given = new Set<string>();
  /** The next number of a name: counted from 2 each time, 16,000 columns of one name would take 20 seconds. */
  const next = new Map<string, number>();
  const others: [string, number][] = [];
  for (const [index, header] of headers.entries()) {
    if (header === '' || taken.has(index)) continue;
    let name = header;
    while (given.has(name) || (name !== header && standing.has(name))) {
      const count = next.get(header) ?? 2;
      name = `${header}_${count}`;
      next.set(header, count + 1);
    }
    given.add(name);
    others.push([name, index]);
  }
  return others;
}

/** Text of a cell; undefined for an empty one and for a flaw. */
export const textAt = (row: TableRow, index: number): string | undefined => {
  const cell = row.cells[index];
  return isFlaw(cell) ? undefined : cell;
};
