import { TimeSlice } from '../../../proto/async/time-slice.js';
import type { EntryDraft } from '../../../proto/entry/entry.js';
import { SluiceError } from '../../../proto/errors.js';
import { sameDocument } from '../../ledger/same-document.js';
import type { Fault, SheetHead } from '../rows/sheet-entry.js';
import type { EntryDrafts } from './entry-drafts.js';
import { byRow, type Line, type ReportLine, type ReportTotal, reported } from './report.js';

/** An entry of a file with everything decided but what the catalog says. */
export interface Proposal {
  /** Absent: the file does not say which entry is meant. */
  id?: string;
  present?: EntryDraft | undefined;
  document?: EntryDraft;
  lines: Line[];
}

/** Rows of an entry in its file. */
export interface FileEntry {
  row: number;
  lastRow: number;
}

/** A file as far as its report depends on it. */
export interface CatalogFile<Entry extends FileEntry> extends Pick<SheetHead, 'sheet' | 'itemSheet' | 'beyond'> {
  /** Asked for once, in the order of the file. */
  entries: Iterable<Entry>;
  /** Lines of no entry. */
  loose: Fault[];
}

/** Says of each entry of a file what would be laid down, in the order of the file. */
export interface Proposer<Entry extends FileEntry> {
  propose(entry: Entry): Promise<Proposal>;
}

export interface ImportOptions {
  dryRun: boolean;
}

/**
 * Lays the entries of a file down as drafts, one by one, and yields the lines of the report, each after what it reports is done; the
 * last one has the totals. A caller that stops reading keeps what was laid down for the lines so far.
 */
export async function* importCatalog<Entry extends FileEntry>(
  file: CatalogFile<Entry>,
  proposer: Proposer<Entry>,
  drafts: EntryDrafts,
  { dryRun }: ImportOptions,
): AsyncGenerator<ReportLine | ReportTotal> {
  const total: ReportTotal = { total: 0, drafts: 0, missing: 0, refused: 0, problems: 0 };
  const count = (lines: readonly Line[]): void => {
    const has = (result: Line['result']): number => Number(lines.some((line) => line.result === result));
    total.drafts += has('draft');
    total.missing += has('missing');
    total.refused += has('refused');
    total.problems += lines.filter(({ result }) => result === 'problem').length;
  };
  if (file.beyond) {
    const { row, onItems } = file.beyond;
    const line: Line = {
      result: 'problem',
      row,
      onItems,
      text: 'the file has more than 100,000 rows: nothing of it is laid down',
    };
    yield reported(line, file);
    yield { ...total, problems: 1 };
    return;
  }
  const slice = new TimeSlice();
  const send = async function* (lines: readonly Line[]): AsyncGenerator<ReportLine> {
    count(lines);
    for (const line of lines) {
      yield reported(line, file);
      if (slice.isUsedUp) await slice.pause();
    }
  };
  const loose: readonly Line[] = [...file.loose].sort(byRow);
  let sent = 0;
  const isBefore = (line: Line | undefined, { row }: Entry): boolean =>
    line !== undefined && !line.onItems && line.row < row;
  for (const entry of file.entries) {
    const from = sent;
    while (isBefore(loose[sent], entry)) sent++;
    yield* send(loose.slice(from, sent));
    total.total++;
    const proposal = await proposer.propose(entry);
    yield* send((await lay(proposal, entry, drafts, dryRun)).sort(byRow));
    await slice.pause();
  }
  yield* send(loose.slice(sent));
  yield total;
}

const isFault = ({ result }: Line): boolean => result === 'problem' || result === 'refused';

async function lay(
  { id, present, document, lines }: Proposal,
  entry: FileEntry,
  drafts: EntryDrafts,
  dryRun: boolean,
): Promise<Line[]> {
  if (lines.some(isFault) || id === undefined || !document) return lines;
  try {
    const isSame = present !== undefined && sameDocument(present, document);
    const { changed } = isSame ? { changed: false } : await drafts.lay(document, { dryRun });
    if (lines.length > 0) return lines.map((line) => ({ ...line, changed }));
    return [{ result: 'draft', entry: id, row: entry.row, lastRow: entry.lastRow, changed }];
  } catch (error) {
    if (!(error instanceof SluiceError) || error.status >= 500 || error.status === 429) throw error;
    return [...lines, lineOfRefusal(error, id, entry.row)];
  }
}

/** Result of a refusal of the catalog: `refused` for secret and core data, else a problem. */
function lineOfRefusal({ code, message, where }: SluiceError, entry: string, row: number): Line {
  const result = code === 'SECRET_ITEM' || code === 'CORE_DATA' ? 'refused' : 'problem';
  return { result, entry, row, code, ...(where.article !== undefined && { article: where.article }), text: message };
}
