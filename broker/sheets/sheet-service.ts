import { SluiceError } from '../../proto/errors.js';
import type { Catalog } from '../catalog/catalog.js';
import type { Ledger } from '../ledger/ledger.js';
import type { Caller } from '../parties/caller.js';
import { peerCompetentDepartment } from '../parties/competent-department.js';
import type { Role } from '../parties/officer.js';
import type { Parties } from '../parties/parties.js';
import type { Acting } from '../parties/permissions.js';
import { CatalogDrafts, entriesOf, exportedEntry, partyFacts } from './catalog-drafts.js';
import { DatasetProposer } from './dcat/dataset-proposer.js';
import { catalogFile } from './dcat/write-catalog.js';
import { importCatalog } from './importing/import-catalog.js';
import type { ReportLine, ReportTotal } from './importing/report.js';
import { TableProposer } from './importing/table-proposer.js';
import { KeptReports } from './kept-reports.js';
import type { LawfulCatalog, RequestKey } from './lawful-catalog.js';
import { isSameSheet, type TableProfile } from './profiles/profile.js';
import { ProfileReader } from './profiles/profile-reader.js';
import type { StoredProfiles } from './profiles/stored-profiles.js';
import { SheetFileReader, type UnpackedDcat } from './rows/file-reader.js';
import type { FileForm } from './rows/read-sheet-file.js';
import type { PartyFacts } from './writing/cell-text.js';
import { csvFile } from './writing/csv-file.js';
import { type ExportedEntry, writtenSheets } from './writing/table-rows.js';
import { xlsxFile } from './writing/xlsx-file.js';

const EDITORS: readonly Role[] = ['catalog_editor'];
const REVIEWER: Role = 'competent_reviewer';
const PROFILE_USERS: readonly Role[] = ['catalog_editor', REVIEWER];

export interface SheetServiceDeps {
  catalog: Catalog;
  ledger: Ledger;
  parties: Parties;
  profiles: StoredProfiles;
}

/** A stored or ready-made profile by its name, or the text of one that is stored nowhere. */
export interface NamedProfile {
  name: string;
  text?: string | undefined;
}

export interface ImportRequest {
  bytes: Uint8Array | { descriptor: number; bytes: number };
  form: FileForm;
  profile: NamedProfile;
  sheet?: string | undefined;
  encoding: 'utf-8' | 'gbk';
  dryRun: boolean;
  /** Aborted when nobody waits for the report any more. */
  gone: AbortSignal;
}

export interface ExportRequest {
  profile: NamedProfile;
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
  /** Reports of imports that came with an idempotency key. */
  readonly keptReports: KeptReports;
  readonly #reader = new SheetFileReader();
  readonly #profiles = new ProfileReader();

  #lawful: LawfulCatalog | undefined;

  constructor(private readonly deps: SheetServiceDeps) {
    const { ledger } = deps;
    this.keptReports = new KeptReports({ ledger, requireEditor: (caller) => this.requireEditor(caller) });
  }

  /** On a registered bus the procedure decides, which is opened after the rooms that it needs. */
  openBy(lawful: LawfulCatalog): void {
    this.#lawful = lawful;
  }

  /** Throws NOT_YOUR_ROLE and NOT_ALLOWED. */
  async requireEditor(caller: Caller): Promise<{ procedure: LawfulCatalog; acting: Acting }> {
    const procedure = this.#procedure();
    return { procedure, acting: await procedure.requireRole(caller, EDITORS, 'the import of a catalog') };
  }

  /** Throws NOT_YOUR_ROLE and NOT_ALLOWED. */
  async requireOfficer(caller: Caller): Promise<void> {
    await this.#procedure().requireOfficer(caller, 'the export of a catalog');
  }

  /** Throws NOT_YOUR_ROLE and NOT_ALLOWED. */
  async requireProfileUser(caller: Caller): Promise<void> {
    await this.#procedure().requireRole(caller, PROFILE_USERS, 'a profile');
  }

  /** The lines of the report, as they come about. Throws before the first one when the file or the profile is unusable. */
  async importFile(caller: Caller, request: ImportRequest): Promise<AsyncGenerator<ReportLine | ReportTotal>> {
    await this.requireEditor(caller);
    const { party } = caller;
    const profile = await this.#profileOf(party, request.profile);
    const { bytes, form, sheet, encoding } = request;
    const file = await this.#reader.read({ bytes, form, profile, sheet, encoding }, request.gone);
    const { catalog } = this.deps;
    const drafts = new CatalogDrafts({ catalog, catalogService: this.#procedure() }, caller, this.#factsOf(party));
    if (!profile || !('columns' in file)) {
      return importCatalog(file as UnpackedDcat, new DatasetProposer(drafts), drafts, request);
    }
    return importCatalog(file, await TableProposer.of(profile, file, drafts), drafts, request);
  }

  /** The file of the entries that the caller may read, in the order of their ids. */
  async exportFile(caller: Caller, { profile: named, form, entries }: ExportRequest): Promise<ExportedFile> {
    await this.requireOfficer(caller);
    const { party } = caller;
    const profile = await this.#profileOf(party, named);
    if (form === 'csv' && profile && !isSameSheet(profile)) {
      throw new SluiceError('BAD_REQUEST', 'CSV has one sheet, and the profile writes two');
    }
    const exported: ExportedEntry[] = [];
    for (const id of entries ? [...new Set(entries)].sort() : entriesOf(this.deps.catalog, party)) {
      const one = await this.#exported(caller, id);
      if (one) exported.push(one);
      else if (entries) throw new SluiceError('NOT_FOUND', `there is no entry ${id}`, { entry: id });
    }
    const partyOf = (id: string): PartyFacts => this.#factsOf(id);
    if (!profile) return { form: 'jsonld', chunks: catalogFile(partyOf(party), exported, partyOf) };
    const sheets = writtenSheets(profile, exported, partyOf);
    return { form, chunks: form === 'csv' ? csvFile(sheets[0] as (typeof sheets)[number]) : xlsxFile(sheets) };
  }

  /**
   * JSON of a profile of the caller's party or of its competent department, or of a ready-made one; a competent department
   * reads those of its departments too. Throws NOT_FOUND.
   */
  async profile(caller: Caller, name: string): Promise<string> {
    const { role } = await this.#procedure().requireRole(caller, PROFILE_USERS, 'a profile');
    const { party } = caller;
    const below = role === REVIEWER ? this.#departmentsOf(party) : [];
    return this.deps.profiles.json([...this.#profileParties(party), ...below], name);
  }

  /** Stores the text of a profile, YAML or JSON, for the caller's party, and returns it as JSON. Throws KEY_REUSED. */
  async putProfile(
    caller: Caller,
    name: string,
    text: string,
    key?: RequestKey,
  ): Promise<{ json: string; isReplayed: boolean }> {
    const procedure = this.#procedure();
    const acting = await procedure.requireRole(caller, PROFILE_USERS, 'a profile');
    const before = key && (await procedure.answered(caller, key));
    if (before) return { json: String(before.json), isReplayed: true };
    const { profiles, ledger } = this.deps;
    const parties = this.#profileParties(caller.party);
    const document = await this.#profiles.parse(text);
    await ledger.append(() => {
      const act = profiles.store(parties, name, document, acting);
      const { text: json } = (act?.document ?? {}) as { text?: string };
      return act && key ? { ...act, kept: procedure.kept(caller, key, { json }) } : act;
    }, acting);
    return { json: profiles.json(parties, name), isReplayed: false };
  }

  async #profileOf(party: string, { name, text }: NamedProfile): Promise<TableProfile | undefined> {
    const { profiles } = this.deps;
    const parties = this.#profileParties(party);
    if (text === undefined) return profiles.profile(parties, name);
    return profiles.parsed(parties, await this.#profiles.parse(text));
  }

  /** Profiles of the own party come first, then those that its competent department has for all of its departments. */
  #profileParties(party: string): string[] {
    const peer = this.#peerOf(party);
    return peer === undefined || peer === party ? [party] : [party, peer];
  }

  #departmentsOf(competent: string): string[] {
    const ids = this.deps.parties.list().map(({ id }) => id);
    return ids.filter((id) => id !== competent && this.#peerOf(id) === competent).sort();
  }

  #peerOf(party: string): string | undefined {
    const document = this.deps.parties.get(party);
    return document && peerCompetentDepartment(this.deps.parties.list(), document)?.id;
  }

  /** Entries of other parties are read as the caller sees their files. */
  async #exported(caller: Caller, id: string): Promise<ExportedEntry | undefined> {
    const own = exportedEntry(this.deps.catalog, id);
    if (!own || id.startsWith(`${caller.party}.`)) return own;
    const entry = await this.#procedure().textFor(caller, id);
    return entry && { ...own, entry };
  }

  /** Throws NOT_ALLOWED on a trial bus, which has no procedure. */
  #procedure(): LawfulCatalog {
    if (this.#lawful) return this.#lawful;
    throw new SluiceError('NOT_ALLOWED', 'this call is part of the lawful procedure, and the bus is a trial', {
      article: 'R31',
    });
  }

  #factsOf(party: string): PartyFacts {
    const document = this.deps.parties.get(party);
    return document ? partyFacts(document) : { id: party };
  }
}
