import { sharedTurn } from '../../../proto/async/shared-turns.js';
import type { EntryVersion } from '../../../proto/entry/entry.js';
import type { GrantedItem } from '../../../proto/entry/grant.js';
import { type SkippedTime, type StoredGrant, toGrant } from '../../grants/grant.js';
import { acknowledgedPosition } from '../cursors/cursor-record.js';
import type { CursorStore } from '../cursors/cursor-store.js';
import type { GrantAccess, OpenGrant } from '../subscriptions/grant-access.js';
import type { EntryLookup } from '../views/entry-fields.js';
import { View, viewKey } from '../views/view.js';
import type { PageEvents } from './page-events.js';

export interface UsedItemsDeps {
  access: Pick<GrantAccess, 'viewSource'>;
  entries: Pick<EntryLookup, 'published'>;
  cursors: Pick<CursorStore, 'list'>;
  events: PageEvents;
  /** Returns the present epoch of a partition's log. Throws STORE_UNAVAILABLE while it is being resolved. */
  logOf(partition: number): string;
}

export interface ItemUse {
  /** Items of the grant that the entry still has, less those never used; the identifier is always among them. */
  items: GrantedItem[];
  /** Names of the items of which no acknowledged event had a value. */
  neverUsed: string[];
}

const PAGE_EVENTS_MAX = 1_000;
/** Pages that are read for one answer. What was not found used until then counts as never used. */
const PAGES_MAX = 500;

/** Finds out which items of a grant its holder received values of, from what it has acknowledged and the log still has. */
export class UsedItems {
  constructor(private readonly deps: UsedItemsDeps) {}

  /** The grant may be suspended, or over. Of a withdrawn entry nothing counts as never used. */
  async of(stored: StoredGrant, skipped: readonly SkippedTime[]): Promise<ItemUse> {
    const version = this.deps.entries.published(stored.entry);
    if (!version) return { items: stored.items, neverUsed: [] };
    // A restoring bounds what is delivered from then on, not what was acknowledged before.
    const grant = toGrant({ ...stored, resumedFrom: undefined }, 0);
    const used = await this.#used({ grant, version }, await this.#acknowledged(grant.id, version), skipped);
    const isKept = ({ name }: GrantedItem): boolean => {
      const item = version.items.find((one) => one.name === name);
      return item !== undefined && (item.identifier === true || used.has(name));
    };
    const names = grant.items.map(({ name }) => name);
    return { items: grant.items.filter(isKept), neverUsed: names.filter((name) => !used.has(name)) };
  }

  /** The furthest position that any cursor of the grant has acknowledged; 0 for none. */
  async #acknowledged(grant: string, { partition }: EntryVersion): Promise<number> {
    const log = this.deps.logOf(partition);
    const cursors = await this.deps.cursors.list(grant);
    return Math.max(0, ...cursors.map(({ record }) => acknowledgedPosition(record)?.within(log) ?? 0));
  }

  async #used(open: OpenGrant, upTo: number, skipped: readonly SkippedTime[]): Promise<Set<string>> {
    const times = skipped.map(({ from, to }) => [Date.parse(from), Date.parse(to)] as const);
    const isSkipped = (timeMs: number): boolean => times.some(([from, to]) => timeMs >= from && timeMs < to);
    const source = this.deps.access.viewSource(open, undefined);
    const view = new View(viewKey(source), open.grant.entry, source);
    const missing = new Set(open.grant.items.map(({ name }) => name));
    const used = new Set<string>();
    let after = 0;
    for (let page = 0; page < PAGES_MAX && after < upTo && missing.size > 0; page++) {
      const range = { after, limit: PAGE_EVENTS_MAX };
      const { events, through } = await this.deps.events.read(view, source, open.version.partition, range);
      for (const { position, timeMs, record } of events) {
        if (position > upTo || !record || missing.size === 0 || isSkipped(timeMs)) continue;
        const data = view.codec.decode(record);
        for (const name of [...missing]) {
          if (!isGiven(data[name])) continue;
          missing.delete(name);
          used.add(name);
        }
      }
      if (through <= after) break;
      after = through;
      await sharedTurn();
    }
    return used;
  }
}

const isGiven = (value: unknown): boolean =>
  value !== undefined && value !== null && (!Array.isArray(value) || value.length > 0);
