import type { EntryDocument, SharingAttribute, Title } from '../../proto/entry/entry.js';
import { splitEntryId } from '../../proto/entry/entry.js';
import { partitionPoint } from '../../proto/values/partition-point.js';

export interface SearchQuery {
  /** Words that must all occur, in any language and case. */
  q?: string | undefined;
  party?: string | undefined;
  attribute?: SharingAttribute | undefined;
  /** The last id of the page before. */
  after?: string | undefined;
  limit: number;
}

export interface Searchable {
  party: string;
  attribute: SharingAttribute;
  text: string;
}

/** Words of a query that are searched for; the rest is ignored, because each costs a scan of all entries. */
const WORDS_MAX = 20;

/** Documents that wait to be made searchable. */
const CHANGED_MAX = 500;

/** Full-text search over published entries by substring, in the order of their ids. */
export class EntrySearch {
  readonly #entries = new Map<string, Searchable>();
  /** Entries whose text is to be made: an entry often has several records in a row, of which the last counts. */
  readonly #changed = new Map<string, EntryDocument>();
  /** Ids in order; undefined after a change until the next query sorts them. */
  #sorted: string[] | undefined;

  put(document: EntryDocument): void {
    this.#changed.set(document.id, document);
    if (this.#changed.size >= CHANGED_MAX) this.#takeChanged();
  }

  putSearchable(id: string, entry: Searchable): void {
    if (!this.#entries.has(id)) this.#sorted = undefined;
    this.#entries.set(id, entry);
  }

  searchable(id: string): Searchable | undefined {
    this.#takeChanged();
    return this.#entries.get(id);
  }

  remove(id: string): void {
    this.#changed.delete(id);
    if (this.#entries.delete(id)) this.#sorted = undefined;
  }

  /** At most `limit` ids; `next` is the `after` of the following page, undefined on the last one. */
  find({ q, party, attribute, after, limit }: SearchQuery): { ids: string[]; next: string | undefined } {
    this.#takeChanged();
    const words = (q ?? '').toLowerCase().split(/\s+/).filter(Boolean).slice(0, WORDS_MAX);
    const ids: string[] = [];
    const all = this.#inOrder();
    for (
      let i = after === undefined ? 0 : partitionPoint(0, all.length, (at) => (all[at] as string) <= after);
      i < all.length;
      i++
    ) {
      const id = all[i] as string;
      const entry = this.#entries.get(id) as Searchable;
      if (party !== undefined && entry.party !== party) continue;
      if (attribute !== undefined && entry.attribute !== attribute) continue;
      if (!words.every((word) => entry.text.includes(word))) continue;
      if (ids.length === limit) return { ids, next: ids.at(-1) };
      ids.push(id);
    }
    return { ids, next: undefined };
  }

  #takeChanged(): void {
    for (const [id, document] of this.#changed) {
      const { party } = splitEntryId(id);
      this.putSearchable(id, { party, attribute: document.sharingAttribute, text: searchText(document) });
    }
    this.#changed.clear();
  }

  #inOrder(): string[] {
    this.#sorted ??= [...this.#entries.keys()].sort();
    return this.#sorted;
  }
}

/** The searchable strings, one per line, so that no word matches across two of them. */
function searchText({ id, name, abstract, items }: EntryDocument): string {
  const strings = new Set([id, ...wordsOf(name), ...wordsOf(abstract)]);
  for (const item of items) for (const string of [item.name, ...wordsOf(item.title)]) strings.add(string);
  return [...strings].join('\n').toLowerCase();
}

const wordsOf = (title: Title | string | undefined): string[] =>
  typeof title === 'string' ? [title] : [title?.zh, title?.en].filter((text) => text !== undefined);
