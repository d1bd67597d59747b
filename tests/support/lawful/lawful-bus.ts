import { createHash } from 'node:crypto';
import type { Test } from 'tap';
import { OPERATOR_TOKEN, type StartBrokerOptions, startBroker, type TestBroker } from '../broker/broker.js';
import { ASSESSMENTS, storePaper } from './papers.js';
import { ADMINISTRATORS, CALENDARS, CD, HEADS, OFFICERS, PARTIES, SYSTEMS } from './people.js';

export const FOUNDING_CODE = 'the-founding-code-of-the-tests-01';

// biome-ignore lint/suspicious/noExplicitAny: answers are read as a client of another language reads them
export type Body = any;

export interface Answer {
  status: number;
  body: Body;
  headers: Headers;
}

export interface LawfulBus extends TestBroker {
  /** Token of an officer or system by its id. */
  tokens: Map<string, string>;
  /** Calls the bus as an officer or system; `pan` is the platform operator. */
  as(who: string, method: string, path: string, body?: object, headers?: Record<string, string>): Promise<Answer>;
  /** `as` with POST; fails the test unless the answer is 2xx. */
  act(who: string, path: string, body?: object, headers?: Record<string, string>): Promise<Body>;
  /** `as` with GET; fails the test unless the answer is 200. */
  read(who: string, path: string): Promise<Body>;
  setClock(now: string): Promise<void>;
}

const LAWFUL = {
  platformRegistration: { platform: 'fujian-sharing', owner: CD, number: 'FJ-2025-1' },
  founding: { codeSha256: createHash('sha256').update(FOUNDING_CODE).digest('hex') },
  testClock: true,
};

/** Starts a registered bus on which nothing was done yet. */
export async function startLawfulBus(t: Test, options: StartBrokerOptions = {}): Promise<LawfulBus> {
  const started = await startBroker(t, { ...options, config: { ...LAWFUL, ...options.config } });
  const tokens = new Map([['pan', OPERATOR_TOKEN]]);
  const as: LawfulBus['as'] = async (who, method, path, body, headers = {}) => {
    const answer = await fetch(`${started.url}${path}`, {
      method,
      headers: {
        ...(who !== '' && { authorization: `Bearer ${tokens.get(who) ?? who}` }),
        ...(body && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, body: text === '' ? undefined : JSON.parse(text), headers: answer.headers };
  };
  const must = async (who: string, method: string, path: string, body?: object, headers?: Record<string, string>) => {
    const answer = await as(who, method, path, body, headers);
    if (answer.status >= 300) {
      throw new Error(`${who} ${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    }
    return answer.body;
  };
  return {
    ...{ ...started, tokens, as },
    act: (who, path, body = {}, headers = {}) => must(who, 'POST', path, body, headers),
    read: (who, path) => must(who, 'GET', path),
    setClock: async (now) => {
      await must('pan', 'POST', '/v1/clock', { now });
    },
  };
}

/** Founds the bus as section 9, step 1 has it, with all officers, work bodies, systems and calendars. */
export async function foundLawfulBus(t: Test, options: StartBrokerOptions = {}): Promise<LawfulBus> {
  const bus = await startLawfulBus(t, options);
  await bus.setClock('2025-12-01T10:00:00+08:00');
  await bus.act('pan', '/v1/bundles', { parties: PARTIES });
  await redeem(bus, FOUNDING_CODE, ADMINISTRATORS[CD] as string);
  await appoint(bus, CD);
  for (const party of Object.keys(ADMINISTRATORS).filter((one) => one !== CD)) {
    const { code } = await bus.act('huang', '/v1/enrolments', { party });
    await redeem(bus, code, ADMINISTRATORS[party] as string);
    await appoint(bus, party);
  }
  await bus.act('huang', '/v1/officers/zhao/confirm');
  for (const [party, head] of Object.entries(HEADS)) {
    await bus.act(ADMINISTRATORS[party] as string, '/v1/bodies', { name: { en: 'work body' }, contact: '0591', head });
  }
  for (const [id, { by, may }] of Object.entries(SYSTEMS)) {
    const { token } = await bus.act(by, '/v1/systems', { id, name: { en: id }, may: [may] });
    bus.tokens.set(id, token);
  }
  for (const calendar of CALENDARS) await bus.act('huang', '/v1/calendars', calendar);
  // The editor of P has the papers that its entries name.
  for (const text of Object.values(ASSESSMENTS)) await storePaper(bus, 'chen', text);
  return bus;
}

async function redeem(bus: LawfulBus, code: string, id: string): Promise<void> {
  const { token } = await bus.act('', '/v1/enrolments/redeem', { code, officer: { id, name: { en: id } } });
  bus.tokens.set(id, token);
}

async function appoint(bus: LawfulBus, party: string): Promise<void> {
  for (const [id, roles] of Object.entries(OFFICERS[party] ?? {})) {
    const { token } = await bus.act(ADMINISTRATORS[party] as string, '/v1/officers', { id, name: { en: id }, roles });
    bus.tokens.set(id, token);
  }
}
