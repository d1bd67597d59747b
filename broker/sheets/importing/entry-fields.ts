import type { EntryDraft } from '../../../proto/entry/entry.js';
import { ownValue } from '../../../proto/values/own-value.js';
import type { Column, TableProfile } from '../profiles/profile.js';
import { comparable } from '../reading/text-form.js';
import type { SheetEntry, SheetField, SheetHead } from '../rows/sheet-entry.js';
import { codeOf, type EntryFacts, entryCell, valueText } from '../writing/cell-text.js';
import { setField } from './field-path.js';
import type { Outside, Problem } from './report.js';
import { isResourceCode } from './which-entry.js';

export interface FieldsLaid {
  problems: Problem[];
  /** Cells with a word that the map of their column does not have. */
  outside: Outside[];
  /** Fields whose cells cannot be read: they are not missing as well. */
  faulty: Set<string>;
}

/** Sets the fields of the entry for which the profile and the file have a column; leaves the others as they are. */
export function layFields(
  document: EntryDraft,
  present: EntryDraft | undefined,
  entry: SheetEntry,
  { profile, file, facts }: { profile: TableProfile; file: SheetHead; facts: EntryFacts },
): FieldsLaid {
  const laid: FieldsLaid = { problems: [], outside: [], faulty: new Set() };
  layCode(document, present, entry, profile);
  const used = new Set<string>();
  for (const [name, column] of attributeFirst(profile.columns)) {
    const cell = cellFor(name, column, entry, profile, file);
    if (!cell || column.written) continue;
    if (column.field !== 'provider' && used.has(column.field) && cell.reading.kind === 'empty') continue;
    used.add(column.field);
    if (column.field === 'provider') layProvider(cell, column, facts, laid);
    else layCell(document, present, cell, column, facts, laid);
  }
  for (const [header, text] of Object.entries(entry.others)) layOther(document, present, header, text);
  return laid;
}

/** The meaning of the column of conditions depends on how the entry is shared. */
const attributeFirst = (columns: Record<string, Column>): [string, Column][] =>
  Object.entries(columns).sort(
    ([, a], [, b]) => Number(b.field === 'sharingAttribute') - Number(a.field === 'sharingAttribute'),
  );

/** The cell of a column; of columns that make one field together, the first one speaks for all. */
function cellFor(
  name: string,
  column: Column,
  entry: SheetEntry,
  profile: TableProfile,
  file: SheetHead,
): SheetField | undefined {
  const cell = ownValue(entry.fields, name);
  if (!column.joined || !cell) return cell;
  const ofField = Object.entries(profile.columns).filter(([, { field }]) => field === column.field);
  if (ofField.some(([one, { joined }]) => !joined && file.columns.includes(one))) return undefined;
  const parts = ofField.map(([one]) => ownValue(entry.fields, one)).filter((one) => one !== undefined);
  if (parts[0] !== cell) return undefined;
  if (parts.some(({ reading }) => reading.kind === 'faulty')) return { ...cell, reading: { kind: 'faulty' } };
  const texts = parts.flatMap(({ reading }) => (reading.kind === 'value' ? [String(reading.value)] : []));
  const text = texts.join('/');
  return { ...cell, says: comparable(text), reading: text === '' ? { kind: 'empty' } : { kind: 'value', value: text } };
}

/** The value that identifies the entry, unless it only repeats the id. */
function layCode(
  document: EntryDraft,
  present: EntryDraft | undefined,
  { from }: SheetEntry,
  profile: TableProfile,
): void {
  if (from === undefined || from === '' || (present && codeOf(present, profile) === from)) return;
  if (isResourceCode(from)) document.resourceCode = from;
  else setField(document, `profile.${profile.entries.id.from}`, from);
}

function layProvider(
  { reading, column }: SheetField,
  { as, field }: Column,
  { party }: EntryFacts,
  laid: FieldsLaid,
): void {
  if (reading.kind !== 'value') return;
  const given = comparable(String(reading.value));
  const names =
    as === 'creditCode'
      ? [party.creditCode]
      : as === 'name'
        ? [party.zhName]
        : [party.zhName, party.creditCode, party.id];
  if (names.some((name) => name !== undefined && comparable(name) === given)) return;
  laid.problems.push({ column, field, text: `names another party than ${party.id}, for which the file is imported` });
}

function layCell(
  document: EntryDraft,
  present: EntryDraft | undefined,
  cell: SheetField,
  column: Column,
  facts: EntryFacts,
  laid: FieldsLaid,
): void {
  const { reading } = cell;
  const isNotShared = document.sharingAttribute === 'not_shared' && column.ifNotShared !== undefined;
  const field = isNotShared ? (column.ifNotShared as string) : column.field;
  if (reading.kind === 'faulty') {
    laid.faulty.add(field);
    return;
  }
  const hasAttribute = present?.sharingAttribute === document.sharingAttribute || column.ifNotShared === undefined;
  if (present && hasAttribute && saysPresent(cell, column, present, facts)) return;
  if (column.ifNotShared !== undefined) setField(document, isNotShared ? column.field : column.ifNotShared, undefined);
  if (
    column.field === 'conditions.range' &&
    document.sharingAttribute === 'unconditional' &&
    reading.kind === 'value'
  ) {
    laid.problems.push({
      column: cell.column,
      field,
      text: 'names a condition, and the data is shared unconditionally',
    });
    return;
  }
  if (reading.kind === 'outside') laid.outside.push({ field, column: cell.column, text: reading.text });
  setField(document, field, reading.kind === 'value' ? reading.value : undefined);
}

/** A cell that says what the export would write leaves the field as it is. */
function saysPresent(cell: SheetField, column: Column, present: EntryDraft, facts: EntryFacts): boolean {
  if (column.joined) return comparable(valueText(present.category, undefined)) === cell.says;
  return comparable(entryCell(column, present, facts)) === cell.says;
}

export function layOther(
  target: Record<string, unknown>,
  present: { profile?: Record<string, unknown> | undefined } | undefined,
  header: string,
  text: string | null,
): void {
  const kept = ownValue(present?.profile, header);
  if (comparable(valueText(kept, undefined)) === comparable(text ?? '')) return;
  setField(target, `profile.${header}`, text ?? undefined);
}
