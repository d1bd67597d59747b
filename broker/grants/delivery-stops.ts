import { splitEntryId } from '../../proto/entry/entry.js';
import { STOP_SCOPES, type StopScope } from '../../proto/entry/grant.js';
import type { FoldedRoom, SavedItem } from '../ledger/checkpoint/folded-room.js';
import type { LedgerRecord } from '../ledger/record.js';
import type { Grant } from './grant.js';

/** Target of a standing stop, of which nothing is delivered. */
export interface StoppedTarget {
  scope: StopScope;
  /** Id of the entry, the system or the party; of the node that of its owner. */
  target: string;
}

/** A stop that has begun to stand, with the time of its record. */
export type NewStop = (stop: StoppedTarget, atMs: number) => void;

/**
 * Stops that stand, folded from the ledger. A grant keeps its state beside them and delivers nothing while one of them stands on its entry,
 * its system, either of its parties or the node (regulation R35).
 * docs/decisions/0366
 */
export class DeliveryStops implements FoldedRoom {
  readonly #byId = new Map<string, StoppedTarget>();
  /** Stops that stand on each target: several parties may stop the same. */
  readonly #standing = new Map<string, Set<string>>();
  readonly #listeners = new Set<NewStop>();

  readonly fold = ({ kind, id, act, document, time }: LedgerRecord): void => {
    if (kind !== 'stop') return;
    this.#remove(id);
    // An act that this version does not know leaves the stop standing.
    if (act === 'lift') return;
    const stop = targetOf(document as StoppedTarget);
    this.#put(id, stop);
    for (const listener of this.#listeners) listener(stop, Date.parse(time));
  };

  save(): SavedItem[] {
    return [...this.#byId].map(([id, { scope, target }]) => ({ state: [id, scope, target] }));
  }

  load({ state }: SavedItem): void {
    const [id, scope, target] = state as [string, StopScope, string];
    this.#put(id, { scope, target });
  }

  /** A stop by which the grant delivers nothing; undefined for none. */
  of({ entry, system, party }: Pick<Grant, 'entry' | 'system' | 'party'>): StoppedTarget | undefined {
    return this.ofEntry(entry) ?? this.#first(keyOf('system', system), keyOf('party', party));
  }

  /** A stop by which nothing of the entry leaves the bus; undefined for none. */
  ofEntry(entry: string): StoppedTarget | undefined {
    if (this.#byId.size === 0) return undefined;
    return this.#first(keyOf('node', ''), keyOf('entry', entry), keyOf('party', splitEntryId(entry).party));
  }

  /** Calls `fn` with each stop that begins to stand, until the returned function is called. */
  onStop(fn: NewStop): () => void {
    this.#listeners.add(fn);
    return () => this.#listeners.delete(fn);
  }

  #first(...keys: string[]): StoppedTarget | undefined {
    if (this.#byId.size === 0) return undefined;
    for (const key of keys) {
      for (const id of this.#standing.get(key) ?? []) return this.#byId.get(id);
    }
    return undefined;
  }

  #put(id: string, stop: StoppedTarget): void {
    const key = keyOf(stop.scope, stop.target);
    this.#byId.set(id, stop);
    this.#standing.set(key, (this.#standing.get(key) ?? new Set()).add(id));
  }

  #remove(id: string): void {
    const stop = this.#byId.get(id);
    if (!stop) return;
    const key = keyOf(stop.scope, stop.target);
    const standing = this.#standing.get(key);
    this.#byId.delete(id);
    standing?.delete(id);
    if (standing?.size === 0) this.#standing.delete(key);
  }
}

/** Why a grant or an entry delivers nothing, for whoever asks for it. */
export const stopText = ({ scope, target }: StoppedTarget): string =>
  scope === 'node' ? 'delivery of the node is stopped' : `delivery of ${scope} ${target} is stopped`;

/** A scope that this version does not know stops everything: nothing may be sent that somebody has stopped. */
const targetOf = ({ scope, target }: StoppedTarget): StoppedTarget =>
  STOP_SCOPES.includes(scope) ? { scope, target } : { scope: 'node', target: '' };

const keyOf = (scope: StopScope, target: string): string => (scope === 'node' ? scope : `${scope} ${target}`);
