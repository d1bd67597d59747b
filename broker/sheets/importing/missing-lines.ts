import type { EntryDraft } from '../../../proto/entry/entry.js';
import { ownValue } from '../../../proto/values/own-value.js';
import { missingForApproval } from '../../catalog/document/approval.js';
import { columnsOf, type TableProfile } from '../profiles/profile.js';
import type { SheetEntry, SheetField, SheetHead } from '../rows/sheet-entry.js';
import type { FieldsLaid } from './entry-fields.js';
import { columnOf } from './entry-items.js';
import type { Line } from './report.js';

/** The fields of a profile as the report names them: of an entry, of an item, and the one of the list of items. */
export interface ReportColumns {
  /** Column of a field of the entry, which the file has or could have. */
  entry(field: string): string | undefined;
  /** Fields of the entry for which there is a column. */
  fields: readonly string[];
  item(field: string): string | undefined;
}

export function reportColumns(profile: TableProfile, file: SheetHead): ReportColumns {
  const entry = (field: string): string | undefined => {
    const names = columnsOf(profile.columns, field).map(([name]) => name);
    return names.find((name) => file.columns.includes(name)) ?? names[0];
  };
  const all = Object.values(profile.columns).flatMap(({ field, ifNotShared, written }) =>
    written ? [] : [field, ...(ifNotShared === undefined ? [] : [ifNotShared])],
  );
  return { entry, fields: [...new Set(all)], item: (field) => columnOf(profile, file, field).column };
}

/** An entry of a file, as far as its missing fields depend on it. */
export interface ShownEntry extends Pick<SheetEntry, 'row' | 'isBroken'> {
  items: readonly { fields: Record<string, Pick<SheetField, 'reading'>> }[];
}

/** Lines about what the approval needs, the profile has a column for, and the entry lacks. */
export function missingLines(
  document: EntryDraft,
  entry: ShownEntry,
  columns: ReportColumns,
  { faulty, outside }: Pick<FieldsLaid, 'faulty' | 'outside'>,
): Line[] {
  if (entry.isBroken) return [];
  const lines = new Map<string, Line>();
  const report = (field: string, column: string | undefined, article: string, text: string, row = entry.row): void => {
    const key = `${row} ${field}`;
    if (lines.has(key)) return;
    const why = outside.find((one) => one.field === field)?.text ?? text;
    lines.set(key, {
      result: 'missing',
      row,
      ...(column !== undefined && { column }),
      field,
      code: 'INCOMPLETE',
      article,
      text: why,
    });
  };
  for (const { path, code, article, text } of missingForApproval(document)) {
    if (code !== 'INCOMPLETE' || path === '/provider') continue;
    const field = path.slice(1).replaceAll('/', '.');
    if (field === 'items') addItems(entry, columns, text, report);
    else if (field === 'dataGrade' && columns.entry('dataGrade') === undefined) addGrade(entry, columns, text, report);
    else {
      for (const one of fieldsOf(field, columns.fields)) {
        if (!faulty.has(one)) report(one, columns.entry(one), article, text);
      }
    }
  }
  return [...lines.values()];
}

/** `conditions` → its members that have a column; `legalBasis.0.title` → `legalBasis`. */
const fieldsOf = (missing: string, fields: readonly string[]): string[] =>
  fields.filter((one) => one === missing || one.startsWith(`${missing}.`) || missing.startsWith(`${one}.`));

type AddLine = (field: string, column: string | undefined, article: string, text: string) => void;

function addItems(entry: ShownEntry, columns: ReportColumns, text: string, report: AddLine): void {
  if (entry.items.length === 0) report('items', columns.item('title.zh') ?? columns.item('name'), 'R13', text);
  else {
    const column = columns.item('identifier');
    if (column !== undefined && !hasUnread(entry, 'identifier', columns)) report('identifier', column, 'R13', text);
  }
}

function addGrade(entry: ShownEntry, columns: ReportColumns, text: string, report: AddLine): void {
  const column = columns.item('grade');
  if (column === undefined || entry.items.length === 0 || hasUnread(entry, 'grade', columns)) return;
  report('dataGrade', column, 'R13', text);
}

/** Whether a cell of that field has a line of its own already. */
const hasUnread = ({ items }: ShownEntry, field: string, columns: ReportColumns): boolean => {
  const column = columns.item(field);
  return items.some(({ fields }) => {
    const kind = column === undefined ? undefined : ownValue(fields, column)?.reading.kind;
    return kind === 'faulty' || kind === 'outside';
  });
};
