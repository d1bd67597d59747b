import { createHash } from 'node:crypto';
import type { BrokerOptions } from '../processes/broker-process.js';
import { type Body, Officers } from './officers.js';
import {
  applicationFor,
  DEMAND,
  entryDocument,
  OWNER,
  PAPER,
  PARTIES,
  PROVIDER,
  REPLY,
  STAFF,
  SYSTEM,
} from './seed-documents.js';

const FOUNDING_CODE = 'the-founding-code-of-the-benches-01';
const VERSIONS = 3;

/** Settings of a registered bus. */
export const LAWFUL: BrokerOptions = {
  config: {
    platformRegistration: { platform: 'bench', owner: OWNER, number: 'BENCH-1' },
    founding: { codeSha256: createHash('sha256').update(FOUNDING_CODE).digest('hex') },
  },
};

/** The files of which every act was performed once. */
export interface Seed {
  entry: string;
  /** Another entry, on which the acts of a measurement are made. */
  spare: string;
  open: string;
  refused: string;
  approved: string;
  grant: string;
}

/** Founds a bus, and performs the life of an entry and of three applications. */
export async function seedBus(url: string): Promise<{ officers: Officers; seed: Seed }> {
  const officers = new Officers();
  const act = (who: string, path: string, body: object = {}): Promise<Body> =>
    officers.call(url, who, 'POST', path, body);
  await found(officers, act);
  const [entry, spare] = [`${PROVIDER}.births`, `${PROVIDER}.spare`];
  await officers.store(url, 'editor', PAPER);
  for (const id of [entry, spare]) {
    for (let revision = 1; revision <= VERSIONS; revision++) await publish(url, officers, id, revision);
  }
  const [open, refused, approved] = [await file(act, entry), await file(act, entry), await file(act, entry)];
  await act('clerk', `/v1/applications/${refused}/ask-supplement`, { missing: ['order'] });
  await act('applicant', `/v1/applications/${refused}/supplement`, { parts: [{ missing: 'order', text: 'no. 7' }] });
  await act('head', `/v1/applications/${refused}/refuse`, { code: 'no_duty_basis', reason: 'another department' });
  const { grant } = await act('head', `/v1/applications/${approved}/approve`, REPLY);
  return { officers, seed: { entry, spare, open, refused, approved, grant } };
}

type Act = (who: string, path: string, body?: object) => Promise<Body>;

async function found(officers: Officers, act: Act): Promise<void> {
  const redeem = async (code: string, id: string): Promise<void> => {
    const { token } = await act('', '/v1/enrolments/redeem', { code, officer: { id, name: { en: id } } });
    officers.tokens[id] = token;
  };
  await act('operator', '/v1/bundles', { parties: PARTIES });
  await redeem(FOUNDING_CODE, `administrator-of-${OWNER}`);
  for (const department of [OWNER, PROVIDER, DEMAND]) {
    if (department !== OWNER) {
      const { code } = await act('reviewer', '/v1/enrolments', { party: department });
      await redeem(code, `administrator-of-${department}`);
    }
    for (const [id, , roles] of STAFF.filter(([, of]) => of === department)) {
      const officer = { id, name: { en: id }, roles };
      const { token } = await act(`administrator-of-${department}`, '/v1/officers', officer);
      officers.tokens[id] = token;
    }
  }
  await act('reviewer', '/v1/officers/director/confirm');
  const body = { name: { en: 'work body' }, contact: '0591' };
  await act(`administrator-of-${PROVIDER}`, '/v1/bodies', { ...body, head: 'head' });
  await act(`administrator-of-${DEMAND}`, '/v1/bodies', { ...body, head: 'demand-head' });
  await act('guard', '/v1/systems', { id: SYSTEM, name: { en: SYSTEM }, may: ['subscribe'] });
}

async function publish(url: string, officers: Officers, id: string, revision: number): Promise<void> {
  const { digest } = await officers.call(url, 'editor', 'PUT', `/v1/catalog/${id}`, entryDocument(id, revision));
  const entries = [{ id, digest }];
  for (const [who, act] of [
    ['director', 'approve'],
    ['head', 'submit'],
    ['reviewer', 'publish'],
  ] as const) {
    await officers.call(url, who, 'POST', `/v1/catalog/${act}`, { entries });
  }
}

/** Drafts, signs and files an application; its id. */
async function file(act: Act, entry: string): Promise<string> {
  const { id } = await act('applicant', '/v1/applications', applicationFor(entry));
  await act('demand-head', `/v1/applications/${id}/sign`);
  await act('applicant', `/v1/applications/${id}/file`);
  return id;
}
