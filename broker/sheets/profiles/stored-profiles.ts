import { SluiceError } from '../../../proto/errors.js';
import type { FoldedRoom, SavedItem } from '../../ledger/checkpoint/folded-room.js';
import type { Act, LedgerRecord } from '../../ledger/record.js';
import type { Acting } from '../../parties/permissions.js';
import { DCAT_AP, type TableProfile } from './profile.js';
import { type ProfileDocument, readyMade, tableProfile } from './profile-document.js';
import { profileJson, profileOfJson } from './profile-json.js';

/** Profiles of one party: they stay in memory. */
const PROFILES_PER_PARTY_MAX = 100;

interface StoredProfile {
  /** JSON, in which the words of a map keep their order. */
  text: string;
}

/** The profiles that parties have stored, folded from the ledger. */
export class StoredProfiles implements FoldedRoom {
  readonly #texts = new Map<string, string>();

  readonly fold = (record: LedgerRecord): void => {
    if (record.kind === 'profile') this.#texts.set(record.id, (record.document as StoredProfile).text);
  };

  save(): SavedItem[] {
    return [...this.#texts].map((state) => ({ state }));
  }

  load({ state }: SavedItem): void {
    this.#texts.set(...(state as [string, string]));
  }

  /** JSON of a stored or ready-made profile; of several parties the first that has it counts. Throws NOT_FOUND. */
  json(parties: readonly string[], name: string): string {
    const known = readyMade(name);
    const text = known ? profileJson(known) : this.#textOf(parties, name);
    if (text === undefined) throw new SluiceError('NOT_FOUND', 'there is no profile of this name');
    return text;
  }

  /** The profile of that name; undefined for `dcat-ap`, which is no profile of sheets. Throws BAD_REQUEST. */
  profile(parties: readonly string[], name: string): TableProfile | undefined {
    if (name === DCAT_AP) return undefined;
    const document = readyMade(name) ?? this.#find(parties, name);
    if (!document) throw new SluiceError('BAD_REQUEST', 'the profile is not known');
    return this.parsed(parties, document);
  }

  /** Throws BAD_REQUEST. */
  parsed(parties: readonly string[], document: ProfileDocument): TableProfile {
    return tableProfile(document, (base) => this.#find(parties, base));
  }

  /** The act that stores a profile for the first of the parties; undefined when the same one is stored. Throws BAD_REQUEST and TOO_MANY. */
  store(
    [party = '', ...others]: readonly string[],
    name: string,
    document: ProfileDocument,
    acting: Acting,
  ): Act | undefined {
    if (readyMade(name)) throw new SluiceError('BAD_REQUEST', 'a ready-made profile has this name');
    if (document?.profile !== name) {
      const text = 'must be the name of the address';
      const problems = [{ path: '/profile', code: 'BAD_REQUEST' as const, text }];
      throw new SluiceError('BAD_REQUEST', `profile: ${text}`, { problems });
    }
    // One that stands on itself, or on one that stands on it, could never be used.
    tableProfile(document, (base) => (base === name ? document : this.#find([party, ...others], base)));
    const id = idOf(party, name);
    const json = profileJson(document);
    if (this.#texts.get(id) === json) return undefined;
    const count = [...this.#texts.keys()].filter((one) => one.startsWith(`${party}.`)).length;
    if (!this.#texts.has(id) && count >= PROFILES_PER_PARTY_MAX) {
      throw new SluiceError('TOO_MANY', `party ${party} has ${PROFILES_PER_PARTY_MAX} profiles already`);
    }
    return { kind: 'profile', id, act: 'put', ...acting, document: { text: json } satisfies StoredProfile };
  }

  #find(parties: readonly string[], name: string): ProfileDocument | undefined {
    const text = this.#textOf(parties, name);
    return text === undefined ? undefined : profileOfJson(text);
  }

  #textOf(parties: readonly string[], name: string): string | undefined {
    return parties.map((party) => this.#texts.get(idOf(party, name))).find((text) => text !== undefined);
  }
}

const idOf = (party: string, name: string): string => `${party}.${name}`;
