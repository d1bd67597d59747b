import type { EntryDraft } from '../../../proto/entry/entry.js';
import type { PartyFacts } from '../writing/cell-text.js';

/** The catalog, as far as one officer may change it for one party. */
export interface EntryDrafts {
  party: PartyFacts;
  /** The newest texts of the entries of the party, published or not. */
  texts(): AsyncIterable<EntryDraft>;
  newestText(id: string): Promise<EntryDraft | undefined>;
  /** Makes the document the draft of its entry. Throws SluiceError when the catalog refuses it; a dry run changes nothing. */
  lay(document: EntryDraft, options: { dryRun: boolean }): Promise<{ changed: boolean }>;
}
