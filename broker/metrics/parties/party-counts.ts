/** Kinds of what one department must act on. */
export type PartyCountKind =
  | 'quarantined_events'
  | 'quarantine_missed_events'
  | 'quota_refusals'
  | 'dead_letters'
  | 'sessions_closed'
  | 'notices_given_up'
  | 'waiting_notices';

/** A number as workers report it: one that is counted, or one of now, which ends with its process. */
export interface PartyNumber {
  key: string;
  counted: number;
  now: number | undefined;
}

export interface PartyCount {
  kind: PartyCountKind;
  party: string;
  /** Code or quota; empty for a kind that has none. */
  cause: string;
  count: number;
}

/**
 * Counts, by party, what one department must act on. Kept apart from `/metrics`, whose labels are small sets: a bus has thousands of parties,
 * and few of them have something to count. Nothing of it happens to an event that is accepted and acknowledged.
 */
export class PartyCounts {
  readonly #counted = new Map<string, number>();
  readonly #now = new Map<string, number>();

  /** By kind, party and cause, none of which has a space. What is 0 again stays, so that whoever adds workers up learns of it. */
  *numbers(): Generator<PartyNumber> {
    for (const [key, counted] of this.#counted) yield { key, counted, now: undefined };
    for (const [key, now] of this.#now) yield { key, counted: 0, now };
  }

  add(kind: PartyCountKind, party: string, { cause = '', count = 1 }: { cause?: string; count?: number } = {}): void {
    const key = keyOf(kind, party, cause);
    this.#counted.set(key, (this.#counted.get(key) ?? 0) + count);
  }

  /** How many there are of each party now. */
  set(kind: Extract<PartyCountKind, 'waiting_notices'>, byParty: ReadonlyMap<string, number>): void {
    for (const key of this.#now.keys()) this.#now.set(key, 0);
    for (const [party, count] of byParty) if (count > 0) this.#now.set(keyOf(kind, party, ''), count);
  }
}

const keyOf = (kind: PartyCountKind, party: string, cause: string): string => `${kind} ${party} ${cause}`;

/** The count that a key and its number stand for. */
export function partyCountOf(key: string, count: number): PartyCount {
  const [kind, party, cause] = key.split(' ') as [PartyCountKind, string, string];
  return { kind, party, cause, count };
}
