import type { TimeSlice } from '../../proto/async/time-slice.js';
import type { EntryVersion } from '../../proto/entry/entry.js';
import type { GrantDocument } from '../../proto/entry/grant.js';
import { isMap } from '../../proto/values/is-map.js';
import type { Catalog } from '../catalog/catalog.js';
import { type PublishedEntry, toEntryVersion } from '../catalog/entry-state.js';
import type { GrantContext } from '../grants/grant-problems.js';
import type { Grants } from '../grants/grants.js';
import type { Parties, Systems } from '../parties/parties.js';
import type { PartyDocument } from '../parties/party.js';
import type { SystemDocument } from '../parties/system.js';
import type { Bundle } from './bundle-document.js';

export interface RegisteredState {
  parties: Parties;
  systems: Systems;
  catalog: Catalog;
  grants: Pick<Grants, 'get' | 'liveOn'>;
  clock: () => number;
}

/** The state after the bundle is applied: its documents take precedence over the registered ones. */
export class PlannedState implements GrantContext {
  readonly #registered: RegisteredState;
  readonly #parties = new Map<string, PartyDocument>();
  readonly #systems = new Map<string, SystemDocument>();
  readonly #grants = new Map<string, GrantDocument>();
  readonly #grantedEntries = new Set<string>();
  readonly #declaredEntries = new Set<string>();
  readonly #entries = new Map<string, EntryVersion>();

  private constructor(registered: RegisteredState) {
    this.#registered = registered;
  }

  static async of(bundle: Bundle, registered: RegisteredState, slice: TimeSlice): Promise<PlannedState> {
    const planned = new PlannedState(registered);
    await slice.each(bundle.parties, (party) => planned.#parties.set(party?.id, party));
    await slice.each(bundle.systems, (system) => {
      // A malformed system is reported by its own check; the checks of grants must still be able to look it up.
      if (Array.isArray(system?.may)) planned.#systems.set(system.id, system);
    });
    await slice.each(bundle.entries, (entry) => planned.#declaredEntries.add(entry?.id));
    await slice.each(bundle.grants, (grant) => {
      planned.#grantedEntries.add(grant?.entry);
      if (isReadable(grant)) planned.#grants.set(grant.id, grant);
    });
    return planned;
  }

  readonly party = (id: string): PartyDocument | undefined => this.#parties.get(id) ?? this.#registered.parties.get(id);

  system(id: string): SystemDocument | undefined {
    return this.#systems.get(id) ?? this.#registered.systems.get(id);
  }

  registeredSystem(id: string): SystemDocument | undefined {
    return this.#registered.systems.get(id);
  }

  entry(id: string): EntryVersion | undefined {
    return this.#entries.get(id) ?? this.#registered.catalog.published(id);
  }

  /** True for an entry of the bundle that was found invalid. Valid only after all entries were checked. */
  isFaulty(id: string): boolean {
    return this.#declaredEntries.has(id) && !this.#entries.has(id);
  }

  grant(id: string): GrantDocument | undefined {
    return this.#registered.grants.get(id);
  }

  /** Live registered grants on the entry, in the form that the bundle gives them. */
  readonly grantsOn = (entry: string): GrantDocument[] => {
    const { grants, clock } = this.#registered;
    return grants.liveOn(entry, clock()).map((grant) => this.#grants.get(grant.id) ?? grant);
  };

  /** Keeps the next version of an entry if a grant of the bundle refers to it. */
  addEntry(published: PublishedEntry): void {
    const { id } = published.document;
    if (this.#grantedEntries.has(id)) this.#entries.set(id, toEntryVersion(published));
  }
}

/** A malformed grant is reported by its own check. */
const isReadable = (grant: GrantDocument): boolean =>
  isMap(grant) && (grant.rows == null || isMap(grant.rows)) && Array.isArray(grant.items) && grant.items.every(isMap);
