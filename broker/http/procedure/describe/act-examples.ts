import type { Fields } from '../../../procedure/files/file.js';
import type { Kind } from '../../../procedure/files/kinds.js';

const DIGEST = '9b1c0f4d7be0a9e1c5a2f8d3b6e4907c1d2e3f405162738495a6b7c8d9eafb0c';
const PAPER = '3f0a5d1c9b8e7f60415263748596a7b8c9dae1f2031425364758697a8b9cadbe';
const ENTRY = 'fujian-civil-affairs.birth';
const GRANT = 'gr-2m81x0q4t7ab';
const ITEMS = [{ name: 'idNumber', transform: 'hash' }, { name: 'birthDate' }];
const REPLY = {
  items: ['idNumber', 'birthDate'],
  leftOut: [{ item: 'address', code: 'not_necessary', reason: 'the calendar needs no address' }],
};

const APPLICATION: Fields = {
  ...{ entry: ENTRY, system: 'maternal-health', items: [...ITEMS, { name: 'address' }] },
  basis: [{ rank: 'law', title: 'Law on Maternal and Infant Health Care', article: '24' }],
  ...{ scenario: 'vaccination calendar', range: 'newborns of Fujian', mode: 'event_stream' },
  period: { from: '2026-02-06', to: '2026-12-31' },
  ...{ dutyBasis: 'health care of newborns', piGround: 'statutory_duty', piAssessment: 'PIA-H-2026-3' },
  ...{ securityMeasures: 'graded protection level 3', truthStatement: true },
};

/** A whole entry. */
export const ENTRY_EXAMPLE: Fields = {
  ...{ id: ENTRY, name: { zh: '出生登记' }, abstract: 'Births registered', catalogLevel: 'department' },
  ...{ resourceCode: '306001/1', provider: 'fujian-civil-affairs', format: 'database', updateFrequency: 'real_time' },
  ...{ sharingAttribute: 'conditional', sharingModes: ['event_stream'] },
  conditions: { range: 'departments with a duty for newborns', purpose: 'health care of newborns' },
  ...{ dataClass: 'population', dataGrade: 'general' },
  secrecyAssessment: { result: 'not_secret', by: 'Chen', on: '2025-12-02', attachment: PAPER },
  piAssessment: { number: 'PIA-2025-14', by: 'Chen', on: '2025-12-02', attachment: PAPER },
  correctionChannel: { contact: 'work body' },
  disposalRequirement: { method: 'destroy', withinDays: 30 },
  items: [
    { name: 'idNumber', type: 'string', identifier: true, required: true, personal: 'personal', itemCode: 'DE00001' },
    { name: 'birthDate', type: 'date', filterable: true, personal: 'personal', itemCode: 'DE00007' },
    { name: 'address', type: 'string', personal: 'personal' },
  ],
};

/** Members of a body by name, where they mean the same in every act. */
export const MEMBER_EXAMPLES: Fields = {
  ...{ reason: 'the range is wider than the duty', attachments: [PAPER], digest: DIGEST },
  ...{ entry: ENTRY, grant: GRANT, system: 'maternal-health', party: 'fujian-health', items: ITEMS },
  ...{ days: 5, due: '2026-03-20', until: '2026-12-31', demands: 'end the accounts that were not appointed' },
  ...{
    statement: 'the accounts were ended on 2026-03-18',
    text: 'births of the last ten years',
    finding: 'inadequate',
  },
  ...{ proof: 1841, missed: 'skip', missing: ['the order of the health commission'] },
};

/** Bodies by kind and act, where the members alone would not say enough. */
export const ACT_EXAMPLES: Partial<Record<Kind, Record<string, Fields>>> = {
  accesses: { create: { contract: 'ct-4k20v8s1m7qe', entry: ENTRY, hours: 2 } },
  parties: {
    create: {
      ...{ id: 'fujian-health', name: { zh: '卫生健康委员会' }, level: 'province', regionCode: '350000' },
      ...{ superior: 'fujian-data-bureau', type: 'gov_dept', creditCode: '11350000MB00000003' },
    },
    change: { description: 'seat in Fuzhou' },
    put: { url: 'https://oa.health.example/sluice', secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' },
  },
  bodies: { create: { name: { zh: '数据共享工作机构' }, contact: '0591-12345678', head: 'xu' } },
  officers: {
    create: { id: 'wu', name: { zh: '吴' }, roles: ['applicant'] },
    change: { roles: ['applicant', 'correction_handler'] },
  },
  systems: {
    create: { id: 'maternal-health', name: { zh: '妇幼健康系统' }, may: ['subscribe'] },
    change: { may: ['subscribe', 'publish'] },
  },
  contracts: {
    create: {
      ...{ contractor: 'Minjiang Software', number: 'HT-2026-11', approval: 'approved by the work body, no. 4' },
      ...{ from: '2026-01-01', to: '2026-12-31', systems: ['maternal-health'] },
    },
  },
  calendars: {
    create: {
      ...{ region: '000000', year: 2026, document: '国办发明电〔2025〕7号' },
      ...{ off: ['2026-01-01', '2026-01-02', '2026-01-03'], on: ['2026-01-04', '2026-02-14'] },
    },
  },
  catalog: {
    put: ENTRY_EXAMPLE,
    trigger: { trigger: { type: 'law', date: '2026-02-28', document: 'Law on Names of Regions' } },
  },
  applications: {
    create: APPLICATION,
    edit: APPLICATION,
    supplement: { parts: [{ missing: 'the order of the health commission', attachments: [PAPER] }] },
    prepare: { reply: REPLY },
    approve: REPLY,
    refuse: { code: 'no_duty_basis', reason: 'the law named does not give this duty' },
  },
  grants: {
    dispose: { reason: 'not_needed' },
    'prove-disposal': { method: 'destroyed', statement: 'overwritten, minutes attached', attachments: [PAPER] },
  },
  cases: {
    create: { grant: GRANT, ground: 'beyond_purpose', evidence: 'used for a mailing' },
    prove: { statement: 'the accounts were ended on 2026-03-18', attachments: [PAPER] },
    terminate: { finding: 'inadequate', reason: 'the accounts are still there' },
  },
  'use-records': { create: { grant: GRANT, kind: 'effect', text: '12,400 reminders sent' } },
  demands: {
    create: {
      ...{ title: { zh: '新生儿筛查结果' }, items: ['result', 'date'], dutyBasis: 'health care of newborns' },
      scenario: 'early treatment',
    },
    'ask-provider': { party: 'fujian-health', text: 'do you hold results of screenings?' },
    answer: { possible: true, text: 'in the screening register' },
  },
  consents: { create: { kind: 'standing', entry: 'fujian-civil-affairs.region-name', until: '2026-12-31' } },
  violations: {
    create: {
      ...{ code: 'P4', party: 'fujian-civil-affairs', about: { kind: 'applications', id: 'ap-7f3k2m9q1x0c' } },
      facts: 'D4 ended 2026-05-14 without reply',
    },
  },
};
