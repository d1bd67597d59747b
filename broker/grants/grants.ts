import { isDeepStrictEqual } from 'node:util';
import type { GrantStatus } from '../../proto/entry/grant.js';
import type { FoldedRoom, SavedItem } from '../ledger/checkpoint/folded-room.js';
import type { LedgerRecord } from '../ledger/record.js';
import type { DeliveryStops } from './delivery-stops.js';
import { documentOf, type Grant, type StoredGrant, statusAt, toGrant } from './grant.js';

/** All grants, folded from the ledger. */
export class Grants implements FoldedRoom {
  readonly #byId = new Map<string, Grant>();
  readonly #byEntry = new Map<string, Set<string>>();
  readonly #byHolder = new Map<string, Set<string>>();
  readonly #bySystem = new Map<string, Set<string>>();
  readonly #listeners = new Set<(grant: Grant) => void>();

  /** The stops say which of the grants deliver nothing although they are in force. */
  constructor(readonly stops: DeliveryStops) {}

  readonly fold = (record: LedgerRecord): void => {
    if (record.kind !== 'grant') return;
    const stored = record.document as StoredGrant;
    const previous = this.#byId.get(record.id);
    // Most acts of the procedure change the file of a grant and not the right: sessions must not end with them
    // (docs/decisions/0145).
    const isSameRight = previous !== undefined && isDeepStrictEqual(rightOf(documentOf(previous)), rightOf(stored));
    const grant = toGrant(stored, isSameRight ? previous.ledgerSeq : record.seq, Date.parse(record.time));
    this.#put(grant, previous);
    for (const listener of this.#listeners) listener(grant);
  };

  save(): SavedItem[] {
    return this.list().map((grant) => ({ state: [documentOf(grant), grant.ledgerSeq, grant.changedAtMs] }));
  }

  load({ state }: SavedItem): void {
    const [document, seq, changedAtMs] = state as [StoredGrant, number, number];
    this.#put(toGrant(document, seq, changedAtMs));
  }

  #put(grant: Grant, previous?: Grant): void {
    if (previous && previous.entry !== grant.entry) this.#byEntry.get(previous.entry)?.delete(grant.id);
    this.#byId.set(grant.id, grant);
    const ofEntry = this.#byEntry.get(grant.entry) ?? new Set();
    this.#byEntry.set(grant.entry, ofEntry.add(grant.id));
    if (previous) this.#byHolder.get(holderKey(previous.party, previous.entry))?.delete(grant.id);
    if (grant.status !== 'terminated') this.#addToHolder(grant);
    if (previous && previous.system !== grant.system) this.#bySystem.get(previous.system)?.delete(grant.id);
    this.#bySystem.set(grant.system, (this.#bySystem.get(grant.system) ?? new Set()).add(grant.id));
  }

  get(id: string): Grant | undefined {
    return this.#byId.get(id);
  }

  byEntry(entry: string): Grant[] {
    return [...(this.#byEntry.get(entry) ?? [])].map((id) => this.#byId.get(id) as Grant);
  }

  /** Grants on the entry that are in force, suspended or not yet begun. */
  liveOn(entry: string, nowMs: number): Grant[] {
    return this.byEntry(entry).filter((grant) => !ENDED.includes(statusAt(grant, nowMs)));
  }

  /** Grants of one party on one entry, except terminated ones. */
  heldBy(party: string, entry: string): Grant[] {
    return [...(this.#byHolder.get(holderKey(party, entry)) ?? [])].map((id) => this.#byId.get(id) as Grant);
  }

  /** Ids of all grants of a system, ended ones too. */
  idsOf(system: string): string[] {
    return [...(this.#bySystem.get(system) ?? [])];
  }

  list(): Grant[] {
    return [...this.#byId.values()];
  }

  /** Calls `fn` with each grant that is created or changed, until the returned function is called. */
  onChange(fn: (grant: Grant) => void): () => void {
    this.#listeners.add(fn);
    return () => this.#listeners.delete(fn);
  }

  #addToHolder({ id, party, entry }: Grant): void {
    const key = holderKey(party, entry);
    this.#byHolder.set(key, (this.#byHolder.get(key) ?? new Set()).add(id));
  }
}

const rightOf = ({ undelivered: _, ...right }: StoredGrant): Omit<StoredGrant, 'undelivered'> => right;
const ENDED: readonly GrantStatus[] = ['terminated', 'expired'];
const holderKey = (party: string, entry: string): string => `${party} ${entry}`;
