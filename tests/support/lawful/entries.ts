import type { Body, LawfulClient } from './lawful-bus.js';
import { ASSESSMENTS, digestOfPaper } from './papers.js';
import { P } from './people.js';

const assessment = (number: string): object => ({
  number,
  by: 'Chen',
  on: '2025-12-02',
  attachment: digestOfPaper(ASSESSMENTS.personal),
});

/** Fields that the approval of an entry needs besides its own. */
const COMMON = {
  catalogLevel: 'department',
  provider: P,
  format: 'database',
  updateFrequency: 'real_time',
  sharingModes: ['event_stream'],
  dataClass: 'population',
  dataGrade: 'general',
  secrecyAssessment: {
    result: 'not_secret',
    by: 'Chen',
    on: '2025-12-02',
    attachment: digestOfPaper(ASSESSMENTS.secrecy),
  },
  correctionChannel: { contact: 'work body' },
  disposalRequirement: { method: 'destroy', withinDays: 30 },
};

export const BIRTH_ID = `${P}.birth`;
export const REGION_ID = `${P}.region-name`;

/** The conditional entry that the journeys apply for, whole. */
export const BIRTH: Body = {
  id: BIRTH_ID,
  name: { zh: '出生登记' },
  abstract: 'Births registered',
  resourceCode: '306001/1',
  ...COMMON,
  sharingAttribute: 'conditional',
  conditions: { range: 'departments with a duty for newborns', purpose: 'health care of newborns' },
  piAssessment: assessment('PIA-2025-14'),
  items: [
    { name: 'idNumber', type: 'string', identifier: true, required: true, personal: 'personal', itemCode: 'DE00001' },
    { name: 'birthDate', type: 'date', filterable: true, personal: 'personal', itemCode: 'DE00007' },
    { name: 'address', type: 'string', personal: 'personal' },
  ],
};

/** The unconditional entry that the journeys apply for, whole. */
export const REGION: Body = {
  id: REGION_ID,
  name: { zh: '行政区划', en: 'Region names' },
  abstract: 'Names of regions',
  ...COMMON,
  sharingAttribute: 'unconditional',
  items: [
    { name: 'code', type: 'string', identifier: true, required: true, filterable: true },
    { name: 'name', type: 'string' },
  ],
};

/** Lays down, approves, submits and publishes the entries of P, by its officers and its competent department. */
export async function publishEntries(bus: LawfulClient, documents: readonly Body[] = [BIRTH, REGION]): Promise<Body[]> {
  const entries = [];
  for (const document of documents) {
    const { status, body } = await bus.as('chen', 'PUT', `/v1/catalog/${document.id}`, document);
    if (status !== 200) throw new Error(`PUT ${document.id}: ${status} ${JSON.stringify(body)}`);
    entries.push({ id: document.id, digest: body.digest });
  }
  await bus.act('zhao', '/v1/catalog/approve', { entries });
  await bus.act('lin', '/v1/catalog/submit', { entries });
  return (await bus.act('huang', '/v1/catalog/publish', { entries })).results;
}
