import type { EntryDraft } from '../../../proto/entry/entry.js';
import { ownValue } from '../../../proto/values/own-value.js';
import { isSameSheet, type TableProfile } from '../profiles/profile.js';
import type { SheetEntry, SheetHead } from '../rows/sheet-entry.js';
import type { EntryDrafts } from './entry-drafts.js';
import { layFields } from './entry-fields.js';
import { layItems } from './entry-items.js';
import type { Proposal, Proposer } from './import-catalog.js';
import { missingLines, type ReportColumns, reportColumns } from './missing-lines.js';
import type { Line } from './report.js';
import { EntryCodes } from './which-entry.js';

/** Proposes the entries of sheets. */
export class TableProposer implements Proposer<SheetEntry> {
  readonly #columns: ReportColumns;
  readonly #seen = new Set<string>();

  private constructor(
    private readonly profile: TableProfile,
    private readonly file: SheetHead,
    private readonly drafts: EntryDrafts,
    private readonly codes: EntryCodes,
  ) {
    this.#columns = reportColumns(profile, file);
  }

  static async of(profile: TableProfile, file: SheetHead, drafts: EntryDrafts): Promise<TableProposer> {
    return new TableProposer(profile, file, drafts, await EntryCodes.of(drafts, profile));
  }

  async propose(entry: SheetEntry): Promise<Proposal> {
    const { profile, file, drafts } = this;
    const { id, line } = this.#identify(entry);
    const faults: Line[] = entry.faults.map((fault) => ({ ...fault, ...(id !== undefined && { entry: id }) }));
    if (entry.isIgnored) return { ...(id !== undefined && { id }), lines: faults };
    const present = id === undefined ? undefined : await drafts.newestText(id);
    const document = documentFor(id ?? `${drafts.party.id}.unknown`, present, drafts);
    const laid = layFields(document, present, entry, { profile, file, facts: { party: drafts.party } });
    const itemProblems = layItems(document, present, entry, { profile, file });
    const missing = missingLines(document, entry, this.#columns, laid);
    const isMissing = (field: string): boolean => missing.some((one) => one.field === field);
    const problems = [...laid.problems, ...laid.outside.filter(({ field }) => !isMissing(field))];
    const onItems = !isSameSheet(profile);
    const lines: Line[] = [
      ...faults,
      ...(line ? [line] : []),
      ...problems.map((one) => problemLine(one, entry.row, false, id)),
      ...itemProblems.map((one) => problemLine(one, entry.row, onItems, id)),
      ...missing.map((one) => ({ ...one, ...(id !== undefined && { entry: id }) })),
    ];
    return { ...(id !== undefined && { id }), present, document, lines };
  }

  /** Id of the entry, or the line of an entry without one. */
  #identify(entry: SheetEntry): { id?: string; line?: Line } {
    const { from, isIgnored } = entry;
    const column = this.profile.entries.id.from;
    const line = (text: string): { line: Line } => ({
      line: { result: 'problem', row: entry.row, column, ...fieldOfCode(this.profile), text },
    });
    if (from === undefined) return {};
    if (from === '') return line('has no code that names the entry');
    if (!isIgnored && this.#seen.has(from)) return line('another entry of the file has this code');
    const found = this.codes.find(from);
    if ('problem' in found) return line(found.problem);
    if (!isIgnored) {
      this.#seen.add(from);
      this.codes.remember(from, found.id);
    }
    return found;
  }
}

const fieldOfCode = ({ columns, entries }: TableProfile): { field?: string } => {
  const field = ownValue(columns, entries.id.from)?.field;
  return field === undefined ? {} : { field };
};

/** The present text, or that of a new entry, which is of the party of the import. */
function documentFor(id: string, present: EntryDraft | undefined, drafts: EntryDrafts): EntryDraft {
  if (present) return structuredClone(present);
  return { id, provider: drafts.party.id } as unknown as EntryDraft;
}

const problemLine = (
  { row, column, field, text }: { row?: number; column?: string; field?: string; text: string },
  entryRow: number,
  onItems: boolean,
  id: string | undefined,
): Line => ({
  result: 'problem',
  ...(id !== undefined && { entry: id }),
  row: row ?? entryRow,
  ...(onItems && row !== undefined && { onItems }),
  ...(column !== undefined && { column }),
  ...(field !== undefined && { field }),
  text,
});
