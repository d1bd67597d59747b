import { assertValidEntry, validateEntryDocument } from '../../../broker/catalog/document/entry-problems.js';
import { sameDocument } from '../../../broker/ledger/same-document.js';
import { DatasetProposer } from '../../../broker/sheets/dcat/dataset-proposer.js';
import { readCatalog } from '../../../broker/sheets/dcat/read-catalog.js';
import { catalogFile } from '../../../broker/sheets/dcat/write-catalog.js';
import type { EntryDrafts } from '../../../broker/sheets/importing/entry-drafts.js';
import { importCatalog } from '../../../broker/sheets/importing/import-catalog.js';
import { type ReportLine, type ReportTotal, textLine } from '../../../broker/sheets/importing/report.js';
import { TableProposer } from '../../../broker/sheets/importing/table-proposer.js';
import { parseProfile, readyMade, tableProfile } from '../../../broker/sheets/profiles/profile-document.js';
import { type FileForm, readSheetFile } from '../../../broker/sheets/rows/read-sheet-file.js';
import { csvFile } from '../../../broker/sheets/writing/csv-file.js';
import { writtenSheets } from '../../../broker/sheets/writing/table-rows.js';
import { xlsxFile } from '../../../broker/sheets/writing/xlsx-file.js';
import type { EntryDraft } from '../../../proto/entry/entry.js';
import { SluiceError } from '../../../proto/errors.js';

/** A catalog in memory that takes and refuses drafts as a registered bus does. */
export class MemoryDrafts implements EntryDrafts {
  readonly party = { id: 'civil', zhName: '民政厅', creditCode: '11350000003591234X' };
  readonly entries = new Map<string, EntryDraft>();
  /** Entries in a state in which their draft cannot be changed. */
  readonly locked = new Set<string>();

  async *texts(): AsyncGenerator<EntryDraft> {
    yield* this.entries.values();
  }

  async newestText(id: string): Promise<EntryDraft | undefined> {
    return this.entries.get(id);
  }

  async lay(document: EntryDraft, { dryRun }: { dryRun: boolean }): Promise<{ changed: boolean }> {
    assertValidEntry(document.id, await validateEntryDocument(document, { isTrial: false }));
    if (sameDocument(this.entries.get(document.id), document)) return { changed: false };
    if (this.locked.has(document.id)) throw new SluiceError('CONFLICT', 'the entry is under review');
    if (!dryRun) this.entries.set(document.id, structuredClone(document));
    return { changed: true };
  }
}

export interface Imported {
  lines: ReportLine[];
  total: ReportTotal;
  text: string[];
}

export interface ImportInput {
  drafts?: MemoryDrafts;
  /** Name of a ready-made profile, or the text of another one. */
  profile: string;
  form?: FileForm;
  sheet?: string;
  encoding?: 'utf-8' | 'gbk';
  dryRun?: boolean;
}

export const profileOf = (profile: string) =>
  tableProfile(readyMade(profile) ?? parseProfile(profile), () => undefined);

/** Imports a file as the bus does, without its thread. Throws UnusableFileError. */
export async function importInto(bytes: Uint8Array | string, input: ImportInput): Promise<Imported> {
  const { drafts = new MemoryDrafts(), form = 'csv', encoding = 'utf-8', dryRun = false, sheet } = input;
  const profile = profileOf(input.profile);
  const file = await readSheetFile({ bytes: Buffer.from(bytes), form, profile, sheet, encoding });
  const lines: (ReportLine | ReportTotal)[] = [];
  for await (const line of importCatalog(file, await TableProposer.of(profile, file, drafts), drafts, { dryRun }))
    lines.push(line);
  return {
    lines: lines.slice(0, -1) as ReportLine[],
    total: lines.at(-1) as ReportTotal,
    text: lines.map((line) => textLine(line, file.sheet)),
  };
}

/** Imports DCAT-AP, given as JSON or as a document. Throws UnusableFileError. */
export async function importDatasets(catalog: unknown, drafts = new MemoryDrafts()): Promise<Omit<Imported, 'text'>> {
  const isBytes = typeof catalog === 'string' || Buffer.isBuffer(catalog);
  const bytes = Buffer.from(isBytes ? catalog : JSON.stringify(catalog));
  const lines: (ReportLine | ReportTotal)[] = [];
  const proposer = new DatasetProposer(drafts);
  for await (const line of importCatalog(readCatalog(bytes), proposer, drafts, { dryRun: false })) lines.push(line);
  return { lines: lines.slice(0, -1) as ReportLine[], total: lines.at(-1) as ReportTotal };
}

/** Exports every entry of the drafts as DCAT-AP. */
export async function exportDatasets({ entries, party }: MemoryDrafts): Promise<Buffer> {
  const exported = [...entries.values()].map((entry) => ({ entry, publishedOn: '2026-02-03' }));
  const chunks: Uint8Array[] = [];
  for await (const chunk of catalogFile(party, exported, () => party)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Exports every entry of the drafts. */
export async function exportFrom(drafts: MemoryDrafts, profileName: string, form: 'csv' | 'xlsx'): Promise<Buffer> {
  const entries = [...drafts.entries.values()].map((entry) => ({ entry }));
  const sheets = writtenSheets(profileOf(profileName), entries, () => drafts.party);
  const chunks: Uint8Array[] = [];
  for await (const chunk of form === 'csv' ? csvFile(sheets[0]!) : xlsxFile(sheets)) chunks.push(chunk);
  return Buffer.concat(chunks);
}
