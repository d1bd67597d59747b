import { randomUUID } from 'node:crypto';
import type { Answer, Body, LawfulClient } from '../../support/lawful/lawful-bus.js';
import { CD, D, P } from '../../support/lawful/people.js';

interface Request {
  who: string;
  path: string;
  body?: object;
}

/** One act of a chain, made of what the acts before it were answered; undefined while there is nothing to act on. */
type Step = (before: readonly Body[], client: LawfulClient) => Request | undefined | Promise<Request | undefined>;

interface Sent {
  request: Request;
  key: string;
  answer: Answer | undefined;
}

/** Has the contracts that no walk concludes. */
const CONTRACTOR = 'Software Ltd.';
const UNTIL = '2099-12-31';
/** Far from every clock of a walk, whose model has no calendar of that year. */
const YEAR = 2150;

const officer = (n: number): Step[] => [
  () => ({ who: 'deng', path: '/v1/officers', body: { id: `aux${n}`, name: { en: 'Aux' }, roles: ['auditor'] } }),
  () => ({ who: 'deng', path: `/v1/officers/aux${n}/change`, body: { name: { en: 'Auxiliary' } } }),
  () => ({ who: 'deng', path: `/v1/officers/aux${n}/renew-token` }),
  () => ({ who: 'deng', path: `/v1/officers/aux${n}/leave` }),
];

const system = (n: number): Step[] => [
  () => ({ who: 'sun', path: '/v1/systems', body: { id: `aux-${n}`, name: { en: 'Aux' }, may: ['subscribe'] } }),
  () => ({ who: 'sun', path: `/v1/systems/aux-${n}/renew-token` }),
  () => ({ who: 'sun', path: `/v1/systems/aux-${n}/withdraw-token` }),
];

const contractor = (n: number): Step[] => [
  () => ({
    who: 'gao',
    path: '/v1/contracts',
    body: {
      contractor: CONTRACTOR,
      number: `C-${n}`,
      approval: `A-${n}`,
      from: '2025-12-01',
      to: UNTIL,
      systems: ['civil-registry'],
    },
  }),
  ([contract]) => ({
    who: 'gao',
    path: '/v1/officers',
    body: { id: `ma${n}`, name: { en: 'Ma' }, roles: ['contractor'], contract: contract.id },
  }),
  async ([contract, appointed], client) => {
    client.tokens.set(`ma${n}`, appointed.token);
    const { entries } = await client.read('lin', '/v1/catalog');
    const entry = entries.find(({ id }: Body) => id.startsWith(`${P}.`))?.id;
    const body = { contract: contract.id, entry, reason: 'a fault', hours: 8 };
    return entry && { who: `ma${n}`, path: '/v1/accesses', body };
  },
  ([, , access]) => ({ who: 'su', path: `/v1/accesses/${access.id}/open` }),
  // The access may have ended by itself.
  ([contract]) => ({ who: 'gao', path: `/v1/contracts/${contract.id}/end`, body: { reason: 'it is over' } }),
];

const notice = (who: string): Step[] => [
  async (_before, client) => {
    const { notices } = await client.read(who, '/v1/notices?unread=true&limit=1');
    return notices[0] && { who, path: `/v1/notices/${notices[0].id}/read` };
  },
];

const one = (who: string, path: string, body: object): Step[] => [() => ({ who, path, body })];

const KINDS: readonly ((n: number) => Step[])[] = [
  officer,
  system,
  contractor,
  () => notice('huang'),
  () => one('huang', '/v1/enrolments', { party: D }),
  (n) => one('tian', '/v1/bodies', { name: { en: 'body' }, contact: `059${n}`, head: 'tao' }),
  (n) => one('huang', '/v1/calendars', { region: '000000', year: YEAR, document: `No. ${n}`, off: [], on: [] }),
  (n) => one('sun', '/v1/attachments', { text: `paper ${n}` }),
  (n) =>
    one('pan', '/v1/parties', {
      id: `aux-${n}`,
      name: { en: 'Aux' },
      level: 'province',
      regionCode: '350000',
      type: 'gov_dept',
      superior: CD,
      creditCode: `11350000MA${String(n).padStart(8, '0')}`,
    }),
];

/** Whether a file, or its record, is of one of the acts below and of a kind that a walk makes as well. */
export const isOfAsideActs = ({ document }: { document?: unknown }): boolean =>
  (document as { contractor?: unknown } | undefined)?.contractor === CONTRACTOR;

/** Acts of people, systems, contracts, accesses, calendars, notices, attachments. */
export class AsideActs {
  readonly #chains = KINDS.map((stepsOf) => ({ stepsOf, steps: [] as Step[], before: [] as Body[] }));
  #sent: (Sent | undefined)[] = [];
  #count = 0;
  /** Acts that were done, and those of them that were answered before the broker ended. */
  readonly done = { acts: 0, answered: 0 };

  /** Sends the next act of each chain; none waits for its answer. */
  async send(client: LawfulClient): Promise<() => Promise<void>> {
    const requests = await Promise.all(this.#chains.map((chain) => this.#next(chain, client)));
    const flights = requests.map(async (request): Promise<Sent | undefined> => {
      if (!request) return undefined;
      const key = randomUUID();
      return { request, key, answer: await send(client, request, key).catch(() => undefined) };
    });
    return async () => {
      this.#sent = await Promise.all(flights);
    };
  }

  /** Each act again by its key: one that was answered is answered the same, and each is done now. Returns what is otherwise. */
  async repeat(client: LawfulClient): Promise<object[]> {
    const faults: object[] = [];
    for (const [index, sent] of this.#sent.entries()) {
      if (!sent) continue;
      const { request, key, answer } = sent;
      const again = await send(client, request, key);
      const isSame = !answer || JSON.stringify(answer.body) === JSON.stringify(again.body);
      if (again.status >= 300 || !isSame) faults.push({ request, first: answer?.body, again: again.body });
      this.done.acts++;
      if (answer) this.done.answered++;
      this.#chains[index]?.before.push(again.body);
    }
    this.#sent = [];
    return faults;
  }

  async #next(chain: { stepsOf: (n: number) => Step[]; steps: Step[]; before: Body[] }, client: LawfulClient) {
    if (chain.before.length === chain.steps.length) {
      chain.steps = chain.stepsOf(++this.#count);
      chain.before = [];
    }
    return chain.steps[chain.before.length]?.(chain.before, client);
  }
}

const send = (client: LawfulClient, { who, path, body = {} }: Request, key: string): Promise<Answer> =>
  client.as(who, 'POST', path, body, { 'idempotency-key': key });
