import { SluiceError } from '../../../proto/errors.js';
import { type Credentials, newToken } from '../../parties/credentials.js';
import type { Officers, Parties } from '../../parties/parties.js';
import type { ActAnswer } from '../engine/append-once.js';
import type { ActCall } from '../engine/perform-call.js';
import type { Procedure } from '../engine/procedure.js';
import { refuseOne } from '../engine/refusals.js';
import type { ActRunner } from '../engine/run-act.js';
import { codeDigest, enrolmentOfCode } from './enrolments.js';
import { isTaken } from './taken-id.js';

export interface RedeemBody {
  code: string;
  officer: { id: string; name: unknown };
}

export interface EnrolmentDeps {
  procedure: Procedure;
  parties: Parties;
  officers: Officers;
  credentials: Credentials;
  owner: string;
  /** Digest of the code that only the owner of the platform knows. */
  foundingCodeSha256: string | undefined;
}

/** The file of the founding code, which is used once in the life of a bus. */
const FOUNDING = 'founding';

/** Makes the first administrator of a department from a code that it was given. */
export class Enrolment {
  constructor(private readonly deps: EnrolmentDeps) {}

  /**
   * Throws NOT_AUTHENTICATED for a code that is unknown, used or expired; CONFLICT before the owner is registered. The
   * idempotency key belongs to who knows the code: a department whose answer was lost would otherwise have no
   * administrator for good.
   */
  async redeem({ code, officer }: RedeemBody, key?: ActCall['key']): Promise<ActAnswer> {
    const { procedure, credentials } = this.deps;
    return procedure.answerByBus(`code:${codeDigest(code)}`, key, async (runner) => {
      const id = this.#isFounding(code) ? FOUNDING : enrolmentOfCode(code);
      const party = await this.#partyOf(runner, id, code);
      const ref = { kind: 'officers', id: officer.id } as const;
      if (await isTaken(ref, this.deps.officers.get(officer.id), runner.batch)) {
        throw refuseOne('CONFLICT', 'is the id of an officer already', '/officer/id');
      }
      const token = newToken();
      const body = { officer, party, credential: credentials.digestOf(token) };
      await runner.followByBus({ ref: { kind: 'enrolments', id }, act: 'redeem', body });
      return { officer: { id: officer.id, party, name: officer.name, roles: ['administrator'] }, token };
    });
  }

  #isFounding(code: string): boolean {
    return (
      this.deps.foundingCodeSha256 !== undefined && codeDigest(code) === this.deps.foundingCodeSha256.toLowerCase()
    );
  }

  async #partyOf(runner: ActRunner, id: string, code: string): Promise<string> {
    const file = id === '' ? undefined : await runner.batch.get({ kind: 'enrolments', id });
    if (id === FOUNDING) {
      if (file) throw refused();
      const { owner, parties } = this.deps;
      if (!parties.get(owner)) throw refuseOne('CONFLICT', `the owner ${owner} is not registered yet`);
      return owner;
    }
    const isValid = file?.state === 'open' && file.memo.codeSha256 === codeDigest(code);
    const isOver = file?.memo.endsAt !== undefined && Date.parse(file.memo.endsAt) <= runner.batch.nowMs;
    if (!file || !isValid || isOver) throw refused();
    return String(file.document.party);
  }
}

const refused = (): SluiceError => new SluiceError('NOT_AUTHENTICATED', 'the code is not valid, or no longer');
