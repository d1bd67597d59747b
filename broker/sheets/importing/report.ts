import type { SheetHead } from '../rows/sheet-entry.js';

/** A problem of an entry or an item; without a row it stands at the first row of the entry. */
export interface Problem {
  row?: number;
  column?: string;
  field?: string;
  text: string;
}

export interface Outside {
  field: string;
  column: string;
  text: string;
}

export interface ReportLine {
  result: 'draft' | 'missing' | 'refused' | 'problem';
  entry?: string;
  sheet?: string;
  row: number;
  lastRow?: number;
  column?: string;
  field?: string;
  code?: string;
  article?: string;
  changed?: boolean;
  text?: string;
}

export interface ReportTotal {
  total: number;
  drafts: number;
  missing: number;
  refused: number;
  problems: number;
}

/** A line that is not yet placed on a sheet. */
export type Line = Omit<ReportLine, 'sheet'> & { onItems?: boolean };

/** Lines of the sheet of the items stand behind those of the entries; within a sheet they stand by row. */
export const byRow = (a: Line, b: Line): number =>
  Number(a.onItems ?? false) - Number(b.onItems ?? false) || a.row - b.row;

/** The members of a line in their order, with the sheet of its row. */
export function reported(line: Line, file: Pick<SheetHead, 'sheet' | 'itemSheet'>): ReportLine {
  const sheet = line.onItems ? file.itemSheet : file.sheet;
  const { result, entry, row, lastRow, column, field, code, article, changed, text } = line;
  const members = { result, entry, sheet, row, lastRow, column, field, code, article, changed, text };
  return Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== undefined),
  ) as unknown as ReportLine;
}

const rows = ({ row, sheet }: ReportLine, mainSheet: string | undefined): string =>
  sheet === undefined || sheet === mainSheet ? `row ${row}` : `row ${sheet}!${row}`;

/** A line of the report for people. `mainSheet` is the sheet of the entries. */
export function textLine(line: ReportLine | ReportTotal, mainSheet: string | undefined): string {
  if ('total' in line) {
    return `total ${line.total} drafts ${line.drafts} missing ${line.missing} refused ${line.refused}`;
  }
  const { result, entry, column, field, code, article, text, row, lastRow } = line;
  const head = [result, entry].filter(Boolean).join(' ');
  if (result === 'draft') return `${head} rows ${row}-${lastRow ?? row}`;
  const where = `${head} ${rows(line, mainSheet)}`;
  if (result === 'problem') return `${where}: ${text ?? ''}`;
  const more = result === 'missing' ? [field, article] : [code, article];
  return [where, 'column', column, ...more].filter(Boolean).join(' ');
}
