import type { FileKind } from '../../../proto/http/procedure-files.js';
import type { LedgerKind } from '../../ledger/record.js';

/** Name of a kind in the ledger, and the prefix of its ids; without a prefix the caller gives the id. */
interface KindFacts {
  ledger: LedgerKind;
  prefix?: string;
}

/** Every kind of file, by its name in addresses. */
export const KINDS = {
  catalog: { ledger: 'entry' },
  applications: { ledger: 'application', prefix: 'ap' },
  grants: { ledger: 'grant', prefix: 'gr' },
  cases: { ledger: 'case', prefix: 'ca' },
  corrections: { ledger: 'correction', prefix: 'co' },
  disputes: { ledger: 'dispute', prefix: 'di' },
  changes: { ledger: 'change', prefix: 'ch' },
  designations: { ledger: 'designation', prefix: 'de' },
  incidents: { ledger: 'incident', prefix: 'in' },
  demands: { ledger: 'demand', prefix: 'dm' },
  complaints: { ledger: 'complaint', prefix: 'cm' },
  violations: { ledger: 'violation', prefix: 'vi' },
  consents: { ledger: 'consent', prefix: 'cs' },
  backflows: { ledger: 'backflow', prefix: 'bf' },
  contracts: { ledger: 'contract', prefix: 'ct' },
  accesses: { ledger: 'access', prefix: 'ac' },
  stops: { ledger: 'stop', prefix: 'st' },
  'use-records': { ledger: 'use-record', prefix: 'ur' },
  criticisms: { ledger: 'criticism', prefix: 'cr' },
  parties: { ledger: 'party' },
  bodies: { ledger: 'body', prefix: 'bo' },
  officers: { ledger: 'officer' },
  systems: { ledger: 'system' },
  enrolments: { ledger: 'enrolment', prefix: 'en' },
  calendars: { ledger: 'calendar' },
} as const satisfies Record<FileKind, KindFacts>;

export type Kind = keyof typeof KINDS;

export const isKind = (text: string): text is Kind => Object.hasOwn(KINDS, text);

const BY_LEDGER = new Map<string, Kind>(Object.entries(KINDS).map(([kind, { ledger }]) => [ledger, kind as Kind]));

/** The kind of file that records of that ledger kind are about; undefined for records that are about none. */
export const kindOfRecord = (ledger: string): Kind | undefined => BY_LEDGER.get(ledger);
