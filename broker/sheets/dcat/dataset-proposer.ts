import type { EntryDraft } from '../../../proto/entry/entry.js';
import { splitEntryId } from '../../../proto/entry/entry.js';
import { isEntryId } from '../../../proto/subject.js';
import type { EntryDrafts } from '../importing/entry-drafts.js';
import type { Proposal, Proposer } from '../importing/import-catalog.js';
import { missingLines, type ReportColumns } from '../importing/missing-lines.js';
import type { Line, Problem } from '../importing/report.js';
import type { DcatEntry } from './dcat-file.js';
import { layDataset } from './lay-dataset.js';
import { PROPERTIES } from './properties.js';
import { COLUMNS_OF_ITEMS } from './vocabulary.js';

/** Proposes the entries of a catalog of DCAT-AP. */
export class DatasetProposer implements Proposer<DcatEntry> {
  readonly #seen = new Set<string>();

  constructor(private readonly drafts: EntryDrafts) {}

  async propose(dataset: DcatEntry): Promise<Proposal> {
    const { party } = this.drafts;
    const { id, isForeign, problem } = this.#identify(dataset);
    const present = id === undefined || isForeign ? undefined : await this.drafts.newestText(id);
    const document = present
      ? structuredClone(present)
      : ({ id: id ?? `${party.id}.unknown`, provider: party.id } as unknown as EntryDraft);
    const { problems, outside } = layDataset(document, dataset, party);
    const { row, own } = dataset;
    const shown = { row, isBroken: false, items: (document.items ?? []).map(() => ({ fields: {} })) };
    const missing = missingLines(document, shown, columnsOf(own), { faulty: new Set(['name']), outside });
    const isMissing = (field: string): boolean => missing.some((one) => one.field === field);
    const lines: Line[] = [
      ...dataset.faults,
      ...[...problems, ...outside.filter(({ field }) => !isMissing(field))].map((one) => problemLine(one, row)),
      ...missing,
    ].map((line) => ({ ...line, ...(id !== undefined && { entry: id }) }));
    return { ...(id !== undefined && { id }), present, document, lines: problem ? [problem, ...lines] : lines };
  }

  /** The identifier is the id as it stands. */
  #identify({ id, row }: DcatEntry): { id?: string; isForeign?: boolean; problem?: Line } {
    const problem = (text: string): Line => problemLine({ column: 'dct:identifier', field: 'id', text }, row);
    const { party } = this.drafts;
    if (id === undefined) return { problem: problem('the dataset has no identifier') };
    if (!isEntryId(id)) return { problem: problem('is no id of an entry, <party>.<entry>') };
    if (this.#seen.has(id)) return { problem: problem('another dataset of the file has this identifier') };
    this.#seen.add(id);
    if (splitEntryId(id).party === party.id) return { id };
    const text = `is of another party than ${party.id}, for which the file is imported`;
    return { id, isForeign: true, problem: { ...problem(text), entry: id } };
  }
}

const problemLine = ({ column, field, text }: Problem, row: number): Line => ({
  result: 'problem',
  row,
  ...(column !== undefined && { column }),
  ...(field !== undefined && { field }),
  text,
});

/** Every field of the table has its property, and of the others those that the dataset states. */
function columnsOf(own: Record<string, unknown>): ReportColumns {
  const columns = new Map(PROPERTIES.map(({ field, column }) => [field, column]));
  columns.set('notSharedReason', columns.get('conditions.range') as string);
  columns.set('correctionChannel', columns.get('correctionChannel.contact') as string);
  for (const part of ['contact', 'phone']) columns.delete(`correctionChannel.${part}`);
  for (const field of Object.keys(own)) if (!columns.has(field)) columns.set(field, `sluice:${field}`);
  if (columns.delete('conditions')) columns.set('conditions.purpose', 'sluice:conditions');
  return {
    entry: (field) => columns.get(field),
    fields: [...columns.keys()],
    item: (field) => (field === 'grade' ? undefined : COLUMNS_OF_ITEMS),
  };
}
