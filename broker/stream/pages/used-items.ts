import { sharedTurn } from '../../../proto/async/shared-turns.js';
import type { GrantedItem } from '../../../proto/entry/grant.js';
import { acknowledgedPosition } from '../cursors/cursor-record.js';
import type { CursorStore } from '../cursors/cursor-store.js';
import type { GrantAccess } from '../subscriptions/grant-access.js';
import { View, viewKey } from '../views/view.js';
import type { PageEvents } from './page-events.js';

export interface UsedItemsDeps {
  access: Pick<GrantAccess, 'open' | 'viewSource'>;
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

  /** Throws like `GrantAccess.open`. */
  async of(system: string, id: string): Promise<ItemUse> {
    const open = this.deps.access.open(system, id);
    const { grant, version } = open;
    const used = await this.#used(open, await this.#acknowledged(id, version.partition));
    const isKept = ({ name }: GrantedItem): boolean => {
      const item = version.items.find((one) => one.name === name);
      return item !== undefined && (item.identifier === true || used.has(name));
    };
    const names = grant.items.map(({ name }) => name);
    return { items: grant.items.filter(isKept), neverUsed: names.filter((name) => !used.has(name)) };
  }

  /** The furthest position that any cursor of the grant has acknowledged; 0 for none. */
  async #acknowledged(grant: string, partition: number): Promise<number> {
    const log = this.deps.logOf(partition);
    const cursors = await this.deps.cursors.list(grant);
    return Math.max(0, ...cursors.map(({ record }) => acknowledgedPosition(record)?.within(log) ?? 0));
  }

  async #used(open: ReturnType<GrantAccess['open']>, upTo: number): Promise<Set<string>> {
    const source = this.deps.access.viewSource(open, undefined);
    const view = new View(viewKey(source), open.grant.entry, source);
    const missing = new Set(open.grant.items.map(({ name }) => name));
    const used = new Set<string>();
    let after = 0;
    for (let page = 0; page < PAGES_MAX && after < upTo && missing.size > 0; page++) {
      const range = { after, limit: PAGE_EVENTS_MAX };
      const { events, through } = await this.deps.events.read(view, source, open.version.partition, range);
      for (const { position, record } of events) {
        if (position > upTo || !record || missing.size === 0) continue;
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
