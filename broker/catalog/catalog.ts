import { isCanaryEntry } from '../../proto/canary.js';
import { LruMap } from '../../proto/collections/lru-map.js';
import { type EntryDocument, type EntryVersion, splitEntryId } from '../../proto/entry/entry.js';
import type { FoldedRoom, SavedItem } from '../ledger/checkpoint/folded-room.js';
import { type KeptText, KeptTexts } from '../ledger/checkpoint/kept-text.js';
import type { LedgerRecord } from '../ledger/record.js';
import { type CompiledEntry, EntryCompiler } from './compiled-entry.js';
import type { EntryStatus } from './entry-life-cycle.js';
import { EntrySearch, type Searchable, type SearchQuery } from './entry-search.js';
import { type EntryState, type PublishedEntry, toEntryVersion } from './entry-state.js';
import { type ItemHistory, itemHistory } from './item-history.js';

/** An entry with its documents as JSON texts: parsed, 40,000 entries would take gigabytes. */
interface KeptEntry {
  status: EntryStatus;
  draft: KeptText | undefined;
  /** Version n stands at index n − 1. */
  versions: KeptText[];
}

/** An entry in a checkpoint; its texts are the versions and, after them, the draft. */
interface SavedEntry {
  id: string;
  status: EntryStatus;
  hasDraft: boolean;
  search?: Searchable | undefined;
}

export interface EntrySummary {
  id: string;
  status: EntryStatus;
  /** Newest published version, 0 when there was none. */
  version: number;
}

/** Parsed versions in the cache; an exchange uses a few hundred entries at a time. */
const PARSED_VERSIONS_MAX = 2_000;
/** Compiled versions in the cache; one of twelve items takes 11 KiB, its parsed version included. */
const COMPILED_VERSIONS_MAX = 3_000;

/** All entries with all their published versions, folded from the ledger. */
export class Catalog implements FoldedRoom {
  readonly #entries = new Map<string, KeptEntry>();
  /** Number of drafts by party. */
  readonly #drafts = new Map<string, number>();
  readonly #search = new EntrySearch();
  readonly #parsed = new LruMap<string, EntryVersion>(PARSED_VERSIONS_MAX);
  readonly #compiled = new LruMap<string, CompiledEntry>(COMPILED_VERSIONS_MAX);
  readonly #compiler = new EntryCompiler();
  readonly #listeners = new Set<(id: string) => void>();

  constructor(private readonly texts = new KeptTexts()) {}

  readonly fold = (record: LedgerRecord): void => {
    if (record.kind !== 'entry') return;
    const { status, draft, published } = record.document as EntryState;
    const entry = this.#entries.get(record.id) ?? { status, draft: undefined, versions: [] };
    entry.status = status;
    this.#countDraft(record.id, Number(draft !== undefined) - Number(entry.draft !== undefined));
    if (entry.draft) this.texts.release(entry.draft);
    entry.draft = draft && this.texts.keepJson(draft);
    if (published && published.version > entry.versions.length) entry.versions.push(this.texts.keepJson(published));
    this.#entries.set(record.id, entry);
    if (published && isInForce(status) && !isCanaryEntry(record.id)) this.#search.put(published.document);
    else this.#search.remove(record.id);
    for (const listener of this.#listeners) listener(record.id);
  };

  save(): SavedItem[] {
    return [...this.#entries].map(([id, { status, draft, versions }]) => ({
      state: { id, status, hasDraft: draft !== undefined, search: this.#search.searchable(id) } satisfies SavedEntry,
      texts: draft ? [...versions, draft] : [...versions],
    }));
  }

  load({ state, texts = [] }: SavedItem): void {
    const { id, status, hasDraft, search } = state as SavedEntry;
    const draft = hasDraft ? texts.at(-1) : undefined;
    this.#entries.set(id, { status, draft, versions: hasDraft ? texts.slice(0, -1) : [...texts] });
    if (hasDraft) this.#countDraft(id, 1);
    if (search) this.#search.putSearchable(id, search);
  }

  /** Calls `fn` with the id of each entry that changes, until the returned function is called. */
  onChange(fn: (id: string) => void): () => void {
    this.#listeners.add(fn);
    return () => this.#listeners.delete(fn);
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Drafts of a party's entries. */
  draftsOf(party: string): number {
    return this.#drafts.get(party) ?? 0;
  }

  /** The version in force; undefined for drafts and withdrawn entries. */
  published(id: string): EntryVersion | undefined {
    return this.version(id, this.#inForce(id));
  }

  /** The version in force, or the last one that was. */
  lastPublished(id: string): EntryVersion | undefined {
    return this.version(id, this.#entries.get(id)?.versions.length ?? 0);
  }

  /** Whether a version is in force, without reading it. */
  isPublished(id: string): boolean {
    return this.#inForce(id) > 0;
  }

  /** Any published version, also of a withdrawn entry. */
  version(id: string, version: number): EntryVersion | undefined {
    const key = `${id}@${version}`;
    const parsed = this.#parsed.get(key);
    if (parsed) return parsed;
    const stored = this.#entries.get(id)?.versions[version - 1];
    if (!stored) return undefined;
    const entryVersion = toEntryVersion(fromText<PublishedEntry>(stored));
    this.#parsed.set(key, entryVersion);
    return entryVersion;
  }

  draft(id: string): EntryDocument | undefined {
    const stored = this.#entries.get(id)?.draft;
    return stored && fromText<EntryDocument>(stored);
  }

  /** The entry as its newest ledger record holds it. */
  state(id: string): EntryState | undefined {
    const entry = this.#entries.get(id);
    if (!entry) return undefined;
    const newest = entry.versions.at(-1);
    return { status: entry.status, draft: this.draft(id), published: newest && fromText<PublishedEntry>(newest) };
  }

  /** The item history up to the `last` version; by default up to the newest. */
  history(id: string, last = this.#entries.get(id)?.versions.length ?? 0): ItemHistory {
    const versions = Array.from({ length: last }, (_none, index) => this.version(id, index + 1));
    return itemHistory(versions.filter((version) => version !== undefined));
  }

  /** Published entries in the order of their ids, page by page; those of the canary are not among them. */
  search(query: SearchQuery): { entries: EntryVersion[]; next: string | undefined } {
    const { ids, next } = this.#search.find(query);
    return { entries: ids.map((id) => this.published(id)).filter((entry) => entry !== undefined), next };
  }

  /** All entries, with drafts and withdrawn ones. */
  list(): EntrySummary[] {
    return [...this.#entries].map(([id, { status, versions }]) => ({ id, status, version: versions.length }));
  }

  #countDraft(id: string, change: number): void {
    const { party } = splitEntryId(id);
    if (change !== 0) this.#drafts.set(party, this.draftsOf(party) + change);
  }

  /** The version in force, or the given one, ready to validate and encode. */
  compiled(id: string, version = this.#inForce(id)): CompiledEntry | undefined {
    const key = `${id}@${version}`;
    const known = this.#compiled.get(key);
    if (known) return known;
    const entry = this.version(id, version);
    if (!entry) return undefined;
    const compiled = this.#compiler.compile(entry, () => this.history(id, version));
    this.#compiled.set(key, compiled);
    return compiled;
  }

  /** Number of the version in force; 0 when there is none. */
  #inForce(id: string): number {
    const entry = this.#entries.get(id);
    return entry && isInForce(entry.status) ? entry.versions.length : 0;
  }
}

const isInForce = (status: EntryStatus): boolean => status === 'published' || status === 'updating';
const fromText = <T>(text: KeptText): T => JSON.parse(text.read().toString('utf8')) as T;
