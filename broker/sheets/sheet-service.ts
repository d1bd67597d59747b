import { SluiceError } from '../../proto/errors.js';
import type { Catalog } from '../catalog/catalog.js';
import type { CatalogService } from '../catalog/catalog-service.js';
import type { Ledger } from '../ledger/ledger.js';
import type { Caller } from '../parties/caller.js';
import type { Parties } from '../parties/parties.js';
import type { Permissions } from '../parties/permissions.js';
import { CatalogDrafts, entriesOf, exportedEntry, partyFacts } from './catalog-drafts.js';
import { DatasetProposer } from './dcat/dataset-proposer.js';
import type { DcatFile } from './dcat/dcat-file.js';
import { catalogFile } from './dcat/write-catalog.js';
import { importCatalog } from './laying/import-catalog.js';
import type { ReportLine, ReportTotal } from './laying/report.js';
import { TableProposer } from './laying/table-proposer.js';
import { isSameSheet } from './profiles/profile.js';
import type { StoredProfiles } from './profiles/stored-profiles.js';
import { SheetFileReader } from './rows/file-reader.js';
import type { FileForm } from './rows/read-sheet-file.js';
import type { PartyFacts } from './writing/cell-text.js';
import { csvFile } from './writing/csv-file.js';
import { writtenSheets } from './writing/table-rows.js';
import { xlsxFile } from './writing/xlsx-file.js';

/** Takes the drafts of an import: the catalog of a trial bus, or the procedure of a registered one. */
export type DraftTaker = Pick<CatalogService, 'putDraft' | 'checkDraft'>;

export interface SheetServiceDeps {
  catalog: Catalog;
  catalogService: DraftTaker;
  ledger: Ledger;
  parties: Parties;
  permissions: Permissions;
  profiles: StoredProfiles;
}

export interface ImportRequest {
  bytes: Uint8Array | { descriptor: number; bytes: number };
  form: FileForm;
  profile: string;
  sheet?: string | undefined;
  encoding: 'utf-8' | 'gbk';
  dryRun: boolean;
}

export interface ExportRequest {
  profile: string;
  form: 'csv' | 'xlsx';
  /** Entries that are named; undefined: all of the own party. */
  entries?: readonly string[] | undefined;
}

export interface ExportedFile {
  /** Form of the bytes: DCAT-AP is always JSON-LD. */
  form: FileForm;
  chunks: AsyncGenerator<Uint8Array>;
}

/** Catalogs as files of departments. On a trial bus, where no draft has an author who answers for it, there are none. */
export class SheetService {
  readonly #reader = new SheetFileReader();

  #drafts: DraftTaker;

  constructor(private readonly deps: SheetServiceDeps) {
    this.#drafts = deps.catalogService;
  }

  /** From here on drafts are laid down by the procedure, which is opened after the rooms that it needs. */
  layDownBy(taker: DraftTaker): void {
    this.#drafts = taker;
  }

  /** The lines of the report, as they come about. Throws before the first one when the file or the profile is unusable. */
  async importFile(caller: Caller, request: ImportRequest): Promise<AsyncGenerator<ReportLine | ReportTotal>> {
    this.#requireEditor(caller);
    const { party } = caller;
    const profile = this.deps.profiles.profile(party, request.profile);
    const { bytes, form, sheet, encoding } = request;
    const file = await this.#reader.read({ bytes, form, profile, sheet, encoding });
    const drafts = new CatalogDrafts({ ...this.deps, catalogService: this.#drafts }, caller, this.#factsOf(party));
    if (!profile || !('columns' in file)) {
      return importCatalog(file as DcatFile, new DatasetProposer(drafts), drafts, request);
    }
    return importCatalog(file, await TableProposer.of(profile, file, drafts), drafts, request);
  }

  /** The file of the entries that the caller may read, in the order of their ids. */
  exportFile(caller: Caller, { profile: name, form, entries }: ExportRequest): ExportedFile {
    this.#requireLawful();
    const { party } = caller;
    const profile = this.deps.profiles.profile(party, name);
    if (form === 'csv' && profile && !isSameSheet(profile)) {
      throw new SluiceError('BAD_REQUEST', 'CSV has one sheet, and the profile writes two');
    }
    const ids = entries ? [...new Set(entries)].sort() : entriesOf(this.deps.catalog, party);
    const exported = ids.flatMap((id) => {
      const one = exportedEntry(this.deps.catalog, id, id.startsWith(`${party}.`));
      if (!one && entries) throw new SluiceError('NOT_FOUND', `there is no entry ${id}`, { entry: id });
      return one ?? [];
    });
    const partyOf = (id: string): PartyFacts => this.#factsOf(id);
    if (!profile) return { form: 'jsonld', chunks: catalogFile(partyOf(party), exported, partyOf) };
    const sheets = writtenSheets(profile, exported, partyOf);
    return { form, chunks: form === 'csv' ? csvFile(sheets[0] as (typeof sheets)[number]) : xlsxFile(sheets) };
  }

  /** JSON of a profile of the caller's party, or of a ready-made one. Throws NOT_FOUND. */
  profile(caller: Caller, name: string): string {
    this.#requireLawful();
    return this.deps.profiles.json(caller.party, name);
  }

  /** Stores the text of a profile, YAML or JSON, for the caller's party, and returns it as JSON. */
  async putProfile(caller: Caller, name: string, text: string): Promise<string> {
    const acting = this.#requireEditor(caller);
    await this.deps.ledger.append(() => this.deps.profiles.store(caller.party, name, text, acting), acting);
    return this.deps.profiles.json(caller.party, name);
  }

  #requireEditor(caller: Caller) {
    this.#requireLawful();
    return this.deps.permissions.require(caller, 'catalog.edit', caller.party);
  }

  #requireLawful(): void {
    if (!this.deps.permissions.isTrial) return;
    throw new SluiceError('NOT_ALLOWED', 'this call is part of the lawful procedure, and the bus is a trial', {
      article: 'R31',
    });
  }

  #factsOf(party: string): PartyFacts {
    const document = this.deps.parties.get(party);
    return document ? partyFacts(document) : { id: party };
  }
}
