import { createHash } from 'node:crypto';
import type { BrokerOptions } from '../processes/broker-process.js';
import { administratorOf, appoint, enrol, redeem } from './departments.js';
import { type Body, Officers } from './officers.js';
import {
  applicationFor,
  DEMAND,
  entryDocument,
  OWNER,
  PAPER,
  PARTIES,
  PROVIDER,
  replyFor,
  STAFF,
  SYSTEM,
  VARIANTS,
} from './seed-documents.js';

const FOUNDING_CODE = 'the-founding-code-of-the-benches-01';
const VERSIONS = 3;
export const PARTITIONS = 4;

/** Settings of a registered bus. */
export const LAWFUL: BrokerOptions = {
  config: {
    partitions: PARTITIONS,
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
  /** One application and grant for each variant of the items. */
  approved: { application: string; grant: string }[];
  /** Token of the system that has these grants. */
  token: string;
}

type Act = (who: string, path: string, body?: object) => Promise<Body>;

/** Founds a bus, and performs the life of an entry and of the applications. */
export async function seedBus(url: string): Promise<{ officers: Officers; seed: Seed }> {
  const officers = new Officers();
  const act: Act = (who, path, body = {}) => officers.call(url, who, 'POST', path, body);
  const token = await found(url, officers, act);
  const [entry, spare] = [`${PROVIDER}.births`, `${PROVIDER}.spare`];
  await officers.store(url, 'editor', PAPER);
  for (const id of [entry, spare]) {
    for (let revision = 1; revision <= VERSIONS; revision++) await publish(url, officers, id, revision);
  }
  const [open, refused] = [await file(act, entry), await file(act, entry)];
  await act('clerk', `/v1/applications/${refused}/ask-supplement`, { missing: ['order'] });
  await act('applicant', `/v1/applications/${refused}/supplement`, { parts: [{ missing: 'order', text: 'no. 7' }] });
  await act('head', `/v1/applications/${refused}/refuse`, { code: 'no_duty_basis', reason: 'another department' });
  const approved: Seed['approved'] = [];
  for (let without = 0; without < VARIANTS; without++) {
    const application = await file(act, entry, without);
    const { grant } = await act('head', `/v1/applications/${application}/approve`, replyFor(without));
    approved.push({ application, grant });
  }
  return { officers, seed: { entry, spare, open, refused, approved, token } };
}

/** Returns the token of the system that applications are for. */
async function found(url: string, officers: Officers, act: Act): Promise<string> {
  await act('operator', '/v1/bundles', { parties: PARTIES });
  await redeem(url, officers, FOUNDING_CODE, OWNER);
  for (const department of [OWNER, PROVIDER, DEMAND]) {
    if (department !== OWNER) await enrol(url, officers, department);
    for (const one of STAFF.filter((member) => member.department === department)) await appoint(url, officers, one);
  }
  await act('reviewer', '/v1/officers/director/confirm');
  const body = { name: { en: 'work body' }, contact: '0591' };
  await act(administratorOf(PROVIDER), '/v1/bodies', { ...body, head: 'head' });
  await act(administratorOf(DEMAND), '/v1/bodies', { ...body, head: 'demand-head' });
  const { token } = await act('guard', '/v1/systems', { id: SYSTEM, name: { en: SYSTEM }, may: ['subscribe'] });
  return token;
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
async function file(act: Act, entry: string, without = 0): Promise<string> {
  const { id } = await act('applicant', '/v1/applications', applicationFor(entry, without));
  await act('demand-head', `/v1/applications/${id}/sign`);
  await act('applicant', `/v1/applications/${id}/file`);
  return id;
}
