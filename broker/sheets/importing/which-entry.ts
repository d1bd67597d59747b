import { type EntryDraft, splitEntryId } from '../../../proto/entry/entry.js';
import { RESOURCE_CODE } from '../../../proto/entry/entry-words.js';
import { isToken } from '../../../proto/subject.js';
import { isMap } from '../../../proto/values/is-map.js';
import { ownValue } from '../../../proto/values/own-value.js';
import type { TableProfile } from '../profiles/profile.js';
import { statedCode } from '../writing/cell-text.js';
import type { EntryDrafts } from './entry-drafts.js';

/** Entries that are looked at in one turn of the event loop. */
const ENTRIES_PER_TURN = 50;

/** Whether a value is a code of the national catalog, which has a field; any other is kept under its column. */
export const isResourceCode = (value: string): boolean => RESOURCE_CODE.test(value);

/** The entries of a party by the values that identify them, with those that this file has named already. */
export class EntryCodes {
  readonly #ids = new Map<string, string>();
  /** Value of each entry, undefined for one without. */
  readonly #values = new Map<string, string | undefined>();

  private constructor(
    private readonly party: string,
    private readonly profile: TableProfile,
  ) {}

  static async of(drafts: EntryDrafts, profile: TableProfile): Promise<EntryCodes> {
    const codes = new EntryCodes(drafts.party.id, profile);
    let count = 0;
    for await (const entry of drafts.texts()) {
      codes.#add(entry);
      if (++count % ENTRIES_PER_TURN === 0) await new Promise(setImmediate);
    }
    return codes;
  }

  #add(entry: EntryDraft): void {
    const kept = isMap(entry.profile) ? ownValue(entry.profile, this.profile.entries.id.from) : undefined;
    for (const value of [entry.resourceCode, kept]) {
      if (typeof value === 'string' && !this.#ids.has(value)) this.#ids.set(value, entry.id);
    }
    this.#values.set(entry.id, statedCode(entry, this.profile));
  }

  /** Id of the entry that a value means, or why it means none. */
  find(value: string): { id: string } | { problem: string } {
    const known = this.#ids.get(value);
    if (known !== undefined) return { id: known };
    const id = idFor(this.party, value);
    if (id === undefined) return { problem: 'makes no id of an entry' };
    const other = this.#values.get(id);
    const means = other === undefined || other === value || splitEntryId(id).entry === other;
    return means ? { id } : { problem: `makes the id of another entry, ${id}` };
  }

  /** Keeps what a file has said, so that a later row of it cannot mean another entry by the same id. */
  remember(value: string, id: string): void {
    this.#ids.set(value, id);
    this.#values.set(id, value);
  }
}

function idFor(party: string, value: string): string | undefined {
  if (isToken(value)) return `${party}.${value}`;
  const runs = value.toLowerCase().match(/[a-z0-9]+/g);
  const made = runs && `e-${runs.join('-')}`;
  return made && isToken(made) ? `${party}.${made}` : undefined;
}
