import { NATIONAL_CALENDARS } from '../../../../broker/procedure/clock/national-calendars.js';
import { BusApi } from '../../../../client/bus-api.js';
import { ApiError } from '../../../../client/errors.js';
import { ADMINISTRATORS, CD, CONTRACTOR, HEADS, OFFICERS, PARTIES, SYSTEMS } from './sample-departments.js';
import type { Founding } from './start-file.js';

/** Time of the new bus. */
export const FOUNDED_AT = '2025-12-01T10:00:00+08:00';

/** The officer whose token is in the configuration: nobody else can call a new bus. */
const OPERATOR = 'operator';

interface Answer {
  token?: string;
  code?: string;
  id?: string;
}

/**
 * Founds the departments of the sample as departments of a real bus are founded: each right comes from an officer who may
 * give it. Every request carries an idempotency key, so that a founding that broke off is gone through again from its
 * beginning and gets the answers, with their tokens, that were lost.
 */
export class DepartmentFounding {
  /** Officer or system → token. */
  readonly tokens = new Map<string, string>();
  #requests = 0;

  constructor(
    private readonly url: string,
    private readonly founding: Founding,
  ) {
    this.tokens.set(OPERATOR, founding.operatorToken);
  }

  /** Resolves when everybody is in office; `tokens` has them all. */
  async run(): Promise<void> {
    await this.#setClock();
    await this.#post(OPERATOR, '/v1/bundles', { parties: PARTIES });
    await this.#redeem(this.founding.code, CD);
    await this.#appoint(CD);
    for (const party of Object.keys(ADMINISTRATORS).filter((one) => one !== CD)) {
      const { code } = await this.#post(enrolling(party), '/v1/enrolments', { party });
      await this.#redeem(code as string, party);
      await this.#appoint(party);
    }
    await this.#post('huang', '/v1/officers/zhao/confirm', {});
    await this.#nameBodies();
    await this.#makeSystems();
    await this.#makeContractor();
    for (const calendar of NATIONAL_CALENDARS) await this.#post('huang', '/v1/calendars', calendar);
    this.tokens.delete(OPERATOR);
  }

  /** A start that broke off has set it already, and the time of a bus goes forward only. */
  async #setClock(): Promise<void> {
    try {
      await this.#post(OPERATOR, '/v1/clock', { now: FOUNDED_AT });
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 'CLOCK_BACKWARDS') throw error;
    }
  }

  async #redeem(code: string, party: string): Promise<void> {
    const id = administratorOf(party);
    const { token } = await this.#post(undefined, '/v1/enrolments/redeem', { code, officer: { id, name: { en: id } } });
    this.#keep(id, token);
  }

  async #appoint(party: string): Promise<void> {
    for (const [id, roles] of Object.entries(OFFICERS[party] ?? {})) {
      const body = { id, name: { en: id }, roles };
      this.#keep(id, (await this.#post(administratorOf(party), '/v1/officers', body)).token);
    }
  }

  async #nameBodies(): Promise<void> {
    for (const [party, head] of Object.entries(HEADS)) {
      const body = { name: { zh: '数据共享处', en: 'Data sharing office' }, contact: '0591-12345', head };
      await this.#post(administratorOf(party), '/v1/bodies', body);
    }
  }

  async #makeSystems(): Promise<void> {
    for (const [id, { by, may }] of Object.entries(SYSTEMS)) {
      this.#keep(id, (await this.#post(by, '/v1/systems', { id, name: { en: id }, may: [may] })).token);
    }
  }

  async #makeContractor(): Promise<void> {
    const { id, by, contract } = CONTRACTOR;
    const made = await this.#post(by, '/v1/contracts', contract);
    const body = { id, name: { en: id }, roles: ['contractor'], contract: made.id };
    this.#keep(id, (await this.#post(by, '/v1/officers', body)).token);
  }

  #keep(id: string, token: string | undefined): void {
    if (token !== undefined) this.tokens.set(id, token);
  }

  #post(by: string | undefined, path: string, body: object): Promise<Answer> {
    this.#requests += 1;
    const api = new BusApi({ url: this.url, ...(by !== undefined && { token: this.tokens.get(by) }) });
    return api.json<Answer>(path, { method: 'POST', body, idempotencyKey: `founding-${this.#requests}` });
  }
}

const administratorOf = (party: string): string => ADMINISTRATORS[party] as string;

/** The competent department of the party, or the superior of one that is itself competent. */
const enrolling = (party: string): string => (party === 'fuzhou-civil-affairs' ? 'fan' : 'huang');
