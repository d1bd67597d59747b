import { CANARY_PARTY } from '../../../proto/canary.js';
import type { LedgerRecord } from '../../ledger/record.js';
import { commonSuperior, peerCompetentDepartment } from '../../parties/competent-department.js';
import type { Parties } from '../../parties/parties.js';
import type { PartyDocument } from '../../parties/party.js';
import type { Sides } from '../files/file.js';

const listOf = (side: string | string[] | undefined): string[] =>
  side === undefined ? [] : Array.isArray(side) ? side : [side];

/** All parties that a file has as sides, each once. */
export const partiesOf = (sides: Sides): string[] => [...new Set(Object.values(sides).flatMap(listOf))];

/**
 * Superiors and peers of departments, computed from the party tree alone (regulation R8). Answers are kept until a party changes,
 * because every list and every act asks for them.
 */
export class Relations {
  #peers = new Map<string, string | undefined>();
  #superiors = new Map<string, string | undefined>();
  #sidesRead = new Map<string, string[] | undefined>();

  constructor(
    private readonly parties: Parties,
    /** Party that owns the platform. */
    readonly owner: string,
  ) {}

  readonly fold = ({ kind }: LedgerRecord): void => {
    if (kind !== 'party') return;
    this.#peers = new Map();
    this.#superiors = new Map();
    this.#sidesRead = new Map();
  };

  /** The competent department of the party's level and region; that party itself where it is one. */
  peerOf(party: string): string | undefined {
    return remembered(this.#peers, party, () => this.#compute(party, (all, one) => peerCompetentDepartment(all, one)));
  }

  /** The lowest competent department above a party. */
  superiorOf(party: string): string | undefined {
    return remembered(this.#superiors, party, () => this.#compute(party, (all, one) => commonSuperior(all, one, one)));
  }

  /**
   * The peer where all parties are of one level and region, else the lowest competent department above all of them. Where
   * none stands above the highest of them, it is that party's own peer.
   */
  handlerOf(parties: readonly string[]): string | undefined {
    const peers = new Set(parties.map((party) => this.peerOf(party)));
    if (peers.size === 1) return [...peers][0];
    const documents = parties.map((party) => this.parties.get(party)).filter((one) => one !== undefined);
    const [first, ...others] = documents;
    if (!first) return undefined;
    const all = this.parties.list();
    const above = others.reduce<PartyDocument | undefined>(
      (one, other) => one && commonSuperior(all, one, other),
      first,
    );
    return above?.id ?? [...peers].find((peer) => peer && parties.every((party) => this.isAbove(peer, party)));
  }

  isCompetent(party: string): boolean {
    return this.parties.get(party)?.competent === true;
  }

  /** Whether the competent department stands anywhere above the party. */
  isAbove(competent: string, party: string): boolean {
    const seen = new Set<string>();
    for (let above = this.peerOf(party); above !== undefined && !seen.has(above); above = this.superiorOf(above)) {
      if (above === competent) return true;
      seen.add(above);
    }
    return false;
  }

  /** Parties whose files an officer of that party reads by office: its own, those it is peer of, and those one above. */
  readableBy(party: string): string[] {
    if (!this.isCompetent(party)) return [party];
    return this.parties
      .list()
      .map(({ id }) => id)
      .filter((id) => id === party || this.reads(party, id));
  }

  /** The same; undefined where that is everybody but the canary, so that files need not be found by their sides. */
  sidesReadBy(party: string): string[] | undefined {
    return remembered(this.#sidesRead, party, () => {
      const readable = this.readableBy(party);
      const others = this.parties.list().filter(({ id }) => id !== CANARY_PARTY);
      return readable.length >= others.length ? undefined : readable;
    });
  }

  /** Whether officers of one party read the files of another: it is the peer, or the peer's superior. */
  reads(reader: string, party: string): boolean {
    if (reader === party) return true;
    const peer = this.peerOf(party);
    return peer === reader || (peer !== undefined && this.superiorOf(peer) === reader);
  }

  /** The parties that stand in a relation to a file with these sides. */
  resolve(relation: string, sides: Sides): string[] {
    switch (relation) {
      case 'peer': {
        const party = sides.provider ?? sides.own ?? listOf(sides.demand)[0];
        return listOf(party === undefined ? undefined : this.peerOf(party));
      }
      case 'superior': {
        const peer = this.resolve('peer', sides)[0];
        return listOf(peer === undefined ? undefined : this.superiorOf(peer));
      }
      case 'either':
        return [...listOf(sides.provider), ...listOf(sides.demand)];
      case 'handler':
        return listOf(sides.handler ?? this.handlerOf(partiesOf(sides)));
      case 'owner':
        return [this.owner];
      case 'asked':
        return listOf(sides.others).slice(-1);
      case 'any':
        return this.parties.list().map(({ id }) => id);
      default:
        return listOf(sides[relation as keyof Sides]);
    }
  }

  /** Whether a party stands in a relation to a file with these sides. */
  holds(relation: string, sides: Sides, party: string): boolean {
    if (relation === 'any') return this.parties.get(party) !== undefined;
    return this.resolve(relation, sides).includes(party);
  }

  regionOf(party: string): string {
    return this.parties.get(party)?.regionCode ?? '000000';
  }

  #compute(
    party: string,
    find: (all: PartyDocument[], one: PartyDocument) => PartyDocument | undefined,
  ): string | undefined {
    const document = this.parties.get(party);
    return document && find(this.parties.list(), document)?.id;
  }
}

function remembered<T>(known: Map<string, T>, key: string, compute: () => T): T {
  if (known.has(key)) return known.get(key) as T;
  const value = compute();
  known.set(key, value);
  return value;
}
