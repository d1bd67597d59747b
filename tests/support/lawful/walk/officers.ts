import type { People } from '../lawful-bus.js';
import { CALENDARS, CD, D, P, PARTIES, T } from '../people.js';

export const FUZHOU_BUREAU = 'fuzhou-data-bureau';
export const FUZHOU = 'fuzhou-civil-affairs';

/** Forty officers; some hold two roles that the law sets against each other in one file. */
export const OFFICERS: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  [CD]: { huang: ['competent_reviewer'], hua: ['competent_reviewer'], guo: ['auditor'] },
  [FUZHOU_BUREAU]: { fan: ['competent_reviewer'], faye: ['auditor'] },
  [P]: {
    chen: ['catalog_editor'],
    cora: ['catalog_editor'],
    cato: ['catalog_editor', 'department_head'],
    zhao: ['department_head'],
    rui: ['reviewer'],
    rolf: ['reviewer', 'body_head'],
    lin: ['body_head'],
    su: ['security_officer'],
    he: ['correction_handler'],
    pia: ['auditor'],
  },
  [D]: {
    wu: ['applicant'],
    wes: ['applicant'],
    xu: ['body_head'],
    xan: ['applicant', 'body_head'],
    sun: ['security_officer'],
    dan: ['auditor'],
  },
  [T]: {
    tan: ['applicant'],
    tao: ['body_head'],
    teng: ['security_officer'],
    tea: ['catalog_editor'],
    tom: ['department_head'],
    tim: ['reviewer'],
    tara: ['auditor'],
  },
  [FUZHOU]: {
    fei: ['body_head'],
    fu: ['applicant'],
    fo: ['security_officer'],
    fed: ['catalog_editor'],
    fad: ['department_head'],
    finn: ['reviewer'],
  },
};

/** Party → administrator, in the order of their enrolment. */
export const ADMINISTRATORS: Readonly<Record<string, string>> = {
  [CD]: 'deng',
  [FUZHOU_BUREAU]: 'fal',
  [P]: 'gao',
  [D]: 'du',
  [T]: 'tian',
  [FUZHOU]: 'feng',
};

/** Party → the reviewer of its competent department, who enrols it. */
export const ENROLLERS: Readonly<Record<string, string>> = { [FUZHOU]: 'fan' };

/** The body of Fuzhou is made only later: until then it has no head. */
export const HEADS: Readonly<Record<string, string>> = { [P]: 'lin', [D]: 'xu', [T]: 'tao' };

export const SYSTEMS: Readonly<Record<string, { by: string; may: 'publish' | 'subscribe'; party: string }>> = {
  'civil-registry': { by: 'su', may: 'publish', party: P },
  'tax-registry': { by: 'teng', may: 'publish', party: T },
  'fuzhou-registry': { by: 'fo', may: 'publish', party: FUZHOU },
  'maternal-health': { by: 'sun', may: 'subscribe', party: D },
  'tax-files': { by: 'teng', may: 'subscribe', party: T },
  'fuzhou-files': { by: 'fo', may: 'subscribe', party: FUZHOU },
};

export const WALK_PEOPLE: People = {
  parties: PARTIES,
  administrators: ADMINISTRATORS,
  officers: OFFICERS,
  heads: HEADS,
  systems: SYSTEMS,
  calendars: CALENDARS,
  enrollers: ENROLLERS,
};
