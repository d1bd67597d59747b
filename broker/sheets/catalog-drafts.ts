import type { EntryDraft } from '../../proto/entry/entry.js';
import type { Catalog } from '../catalog/catalog.js';
import type { CatalogService } from '../catalog/catalog-service.js';
import type { Caller } from '../parties/caller.js';
import type { PartyDocument } from '../parties/party.js';
import type { EntryDrafts } from './importing/entry-drafts.js';
import type { PartyFacts } from './writing/cell-text.js';
import type { ExportedEntry } from './writing/table-rows.js';

export interface CatalogDraftsDeps {
  catalog: Catalog;
  catalogService: Pick<CatalogService, 'putDraft' | 'checkDraft'>;
}

/** How a sheet names a party. */
export function partyFacts({ id, name, creditCode }: PartyDocument): PartyFacts {
  const zhName = typeof name === 'string' ? name : name.zh;
  return { id, ...(zhName !== undefined && { zhName }), ...(creditCode !== undefined && { creditCode }) };
}

/** The newest text of an entry, its draft if it has one. */
export function newestText(catalog: Catalog, id: string): EntryDraft | undefined {
  const state = catalog.state(id);
  return state?.draft ?? state?.published?.document;
}

/** An entry as an export of its party writes it, with the day on which the version in force was published, in UTC+8. */
export function exportedEntry(catalog: Catalog, id: string): ExportedEntry | undefined {
  const published = catalog.published(id);
  const entry = newestText(catalog, id);
  if (!entry) return undefined;
  const HOURS_8 = 8 * 3_600_000;
  const publishedOn = published && new Date(Date.parse(published.publishedAt) + HOURS_8).toISOString().slice(0, 10);
  return { entry, ...(publishedOn !== undefined && { publishedOn }) };
}

/** Ids of a party's entries, in their order. */
export const entriesOf = (catalog: Catalog, party: string): string[] =>
  catalog
    .list()
    .filter(({ id }) => id.startsWith(`${party}.`))
    .map(({ id }) => id)
    .sort();

/** The drafts of the catalog, as one officer may change them. */
export class CatalogDrafts implements EntryDrafts {
  constructor(
    private readonly deps: CatalogDraftsDeps,
    private readonly caller: Caller,
    readonly party: PartyFacts,
  ) {}

  async *texts(): AsyncGenerator<EntryDraft> {
    for (const id of entriesOf(this.deps.catalog, this.party.id)) {
      const text = newestText(this.deps.catalog, id);
      if (text) yield text;
    }
  }

  async newestText(id: string): Promise<EntryDraft | undefined> {
    return newestText(this.deps.catalog, id);
  }

  async lay(document: EntryDraft, { dryRun }: { dryRun: boolean }): Promise<{ changed: boolean }> {
    const { catalogService } = this.deps;
    return dryRun ? catalogService.checkDraft(this.caller, document) : catalogService.putDraft(this.caller, document);
  }
}
