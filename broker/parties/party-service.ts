import { SluiceError } from '../../proto/errors.js';
import type { Ledger } from '../ledger/ledger.js';
import type { Act } from '../ledger/record.js';
import { plainDocument, sameDocument } from '../ledger/same-document.js';
import type { Caller } from './caller.js';
import { type Credentials, newToken } from './credentials.js';
import type { OfficerDocument } from './officer.js';
import type { Officers, Parties, Systems } from './parties.js';
import type { PartyDocument } from './party.js';
import { officerProblems, partyProblems, systemProblems } from './party-problems.js';
import type { Acting, Action, Permissions } from './permissions.js';
import type { SystemDocument } from './system.js';

export interface PartyServiceDeps {
  ledger: Ledger;
  parties: Parties;
  systems: Systems;
  officers: Officers;
  credentials: Credentials;
  permissions: Permissions;
}

/** Registers parties, systems and officers. Idempotent: a document that equals the registered one records no act. */
export class PartyService {
  constructor(private readonly deps: PartyServiceDeps) {}

  async putParty(caller: Caller, document: PartyDocument): Promise<void> {
    const acting = this.#acting(caller);
    await this.deps.ledger.append(() => {
      throwIfInvalid(partyProblems(document, (id) => this.deps.parties.get(id), this.deps.permissions));
      return putAct('party', document, this.deps.parties.get(document.id), acting);
    });
  }

  /** The token of a new system is returned once; an existing system keeps its own. */
  async putSystem(caller: Caller, document: SystemDocument): Promise<{ token: string | undefined }> {
    const { parties, systems } = this.deps;
    const problems = () => systemProblems(document, (id) => parties.get(id), systems.get(document.id));
    return this.#putPrincipal(caller, 'system', document, this.deps.systems, problems);
  }

  async putOfficer(caller: Caller, document: OfficerDocument): Promise<{ token: string | undefined }> {
    const problems = () => officerProblems(document, (id) => this.deps.parties.get(id));
    return this.#putPrincipal(caller, 'officer', document, this.deps.officers, problems);
  }

  /**
   * Replaces the token and returns the new one, which is shown this once. The old token ends with the ledger record, and
   * every session and stream that was opened with it.
   */
  async renewToken(caller: Caller, kind: 'system' | 'officer', id: string): Promise<string> {
    const acting = this.#acting(caller, 'token.renew');
    const token = newToken();
    const credential = this.deps.credentials.digestOf(token);
    await this.deps.ledger.append(() => {
      const current = (kind === 'system' ? this.deps.systems : this.deps.officers).get(id);
      if (!current) throw new SluiceError('NOT_FOUND', `there is no ${kind} ${id}`);
      return { kind, id, act: 'token-renewed', ...acting, document: { ...current, credential } };
    });
    return token;
  }

  async #putPrincipal<T extends { id: string }>(
    caller: Caller,
    kind: 'system' | 'officer',
    document: T,
    documents: { get(id: string): (T & { credential?: string | undefined }) | undefined },
    problems: () => string[],
  ): Promise<{ token: string | undefined }> {
    const acting = this.#acting(caller);
    const token = newToken();
    let isNew = false;
    await this.deps.ledger.append(() => {
      throwIfInvalid(problems());
      const current = documents.get(document.id);
      isNew = current === undefined;
      const credential = current ? current.credential : this.deps.credentials.digestOf(token);
      return putAct(kind, { ...document, credential }, current, acting);
    });
    return { token: isNew ? token : undefined };
  }

  #acting(caller: Caller, action: Action = 'parties.manage'): Acting {
    return this.deps.permissions.require(caller, action);
  }
}

/** The act that registers the document; undefined when the ledger holds it already. */
export function putAct<T extends { id: string }>(
  kind: 'party' | 'system' | 'officer',
  document: T,
  current: T | undefined,
  acting: Acting,
): Act | undefined {
  if (current !== undefined && sameDocument(document, current)) return undefined;
  return { kind, id: document.id, act: 'put', ...acting, document: plainDocument(document) };
}

function throwIfInvalid(problems: string[]): void {
  if (problems.length > 0) throw new SluiceError('BAD_REQUEST', problems.join('; '), { problems });
}
