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

/** Calls as officers and systems, through HTTP alone. */
export interface LawfulClient {
  /** Token of an officer or system by its id. */
  tokens: Map<string, string>;
  /** Address of the broker now. */
  address(): string;
  /** Calls the bus as an officer or system; `pan` is the platform operator. */
  as(who: string, method: string, path: string, body?: object, headers?: Record<string, string>): Promise<Answer>;
  /** `as` with POST; fails the test unless the answer is 2xx. */
  act(who: string, path: string, body?: object, headers?: Record<string, string>): Promise<Body>;
  /** `as` with GET; fails the test unless the answer is 200. */
  read(who: string, path: string): Promise<Body>;
  setClock(now: string): Promise<void>;
}

export type LawfulBus = TestBroker & LawfulClient;

/** Everybody whom a founding makes. */
export interface People {
  parties: readonly object[];
  /** Party → administrator, in the order of enrolment; the owner comes first. */
  administrators: Readonly<Record<string, string>>;
  officers: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
  heads: Readonly<Record<string, string>>;
  systems: Readonly<Record<string, { by: string; may: 'publish' | 'subscribe' }>>;
  calendars: readonly object[];
  /** Party → the reviewer who enrols it, where that is not `huang`. */
  enrollers?: Readonly<Record<string, string>>;
}

export const YEAR: People = {
  parties: PARTIES,
  administrators: ADMINISTRATORS,
  officers: OFFICERS,
  heads: HEADS,
  systems: SYSTEMS,
  calendars: CALENDARS,
};

/** Configuration that registers a bus and lets its clock be set. */
export const LAWFUL = {
  platformRegistration: { platform: 'fujian-sharing', owner: CD, number: 'FJ-2025-1' },
  founding: { codeSha256: createHash('sha256').update(FOUNDING_CODE).digest('hex') },
  testClock: true,
};

/** Starts a registered bus on which nothing was done yet. */
export async function startLawfulBus(t: Test, options: StartBrokerOptions = {}): Promise<LawfulBus> {
  const started = await startBroker(t, { ...options, config: { ...LAWFUL, ...options.config } });
  return { ...started, ...lawfulClient(() => started.url) };
}

const parseLine = (line: string): Body => JSON.parse(line);

/** A client of the broker that `url` names at the time of each call. */
export function lawfulClient(url: () => string, tokens = new Map([['pan', OPERATOR_TOKEN]])): LawfulClient {
  const as: LawfulBus['as'] = async (who, method, path, body, headers = {}) => {
    const answer = await fetch(`${url()}${path}`, {
      method,
      headers: {
        ...(who !== '' && { authorization: `Bearer ${tokens.get(who) ?? who}` }),
        ...(body && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    const lines = answer.headers.get('content-type')?.includes('ndjson');
    const read = lines ? text.split('\n').filter(Boolean).map(parseLine) : text === '' ? undefined : JSON.parse(text);
    return { status: answer.status, body: read, headers: answer.headers };
  };
  const must = async (who: string, method: string, path: string, body?: object, headers?: Record<string, string>) => {
    const answer = await as(who, method, path, body, headers);
    if (answer.status >= 300) {
      throw new Error(`${who} ${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    }
    return answer.body;
  };
  return {
    tokens,
    as,
    address: url,
    act: (who, path, body = {}, headers = {}) => must(who, 'POST', path, body, headers),
    read: (who, path) => must(who, 'GET', path),
    setClock: async (now) => {
      await must('pan', 'POST', '/v1/clock', { now });
    },
  };
}

/** Founds the bus with all officers, work bodies, systems and calendars of the sample. */
export async function foundLawfulBus(t: Test, options: StartBrokerOptions = {}): Promise<LawfulBus> {
  const bus = await startLawfulBus(t, options);
  await found(bus, YEAR);
  // The editor of P has the papers that its entries name.
  for (const text of Object.values(ASSESSMENTS)) await storePaper(bus, 'chen', text);
  return bus;
}

/** Registers, enrols and appoints everybody on 2025-12-01. */
export async function found(bus: LawfulClient, people: People): Promise<void> {
  await bus.setClock('2025-12-01T10:00:00+08:00');
  await bus.act('pan', '/v1/bundles', { parties: people.parties });
  for (const [index, [party, administrator]] of Object.entries(people.administrators).entries()) {
    const enroller = people.enrollers?.[party] ?? 'huang';
    const code = index === 0 ? FOUNDING_CODE : (await bus.act(enroller, '/v1/enrolments', { party })).code;
    await redeem(bus, code, administrator);
    await appoint(bus, people, party);
  }
  for (const [party, head] of Object.entries(people.heads)) {
    const administrator = people.administrators[party] as string;
    await bus.act(administrator, '/v1/bodies', { name: { en: 'work body' }, contact: '0591', head });
  }
  for (const [id, { by, may }] of Object.entries(people.systems)) {
    const { token } = await bus.act(by, '/v1/systems', { id, name: { en: id }, may: [may] });
    bus.tokens.set(id, token);
  }
  for (const calendar of people.calendars) await bus.act('huang', '/v1/calendars', calendar);
}

async function redeem(bus: LawfulClient, code: string, id: string): Promise<void> {
  const { token } = await bus.act('', '/v1/enrolments/redeem', { code, officer: { id, name: { en: id } } });
  bus.tokens.set(id, token);
}

async function appoint(bus: LawfulClient, people: People, party: string): Promise<void> {
  const administrator = people.administrators[party] as string;
  for (const [id, roles] of Object.entries(people.officers[party] ?? {})) {
    const { token } = await bus.act(administrator, '/v1/officers', { id, name: { en: id }, roles });
    bus.tokens.set(id, token);
    if (roles.includes('department_head')) {
      await bus.act(people.enrollers?.[party] ?? 'huang', `/v1/officers/${id}/confirm`);
    }
  }
}
