import type { FileKind } from '../../../proto/http/procedure-files.js';
import type { LedgerKind } from '../../ledger/record.js';

interface KindFacts {
  /** Name of the kind in the ledger. */
  ledger: LedgerKind;
  /** Prefix of its ids; without one the caller gives the id. */
  prefix?: string;
  /** A removed file stays, with its history, in a state of that name. */
  keepsRemoved?: boolean;
}

/** State of a file whose last act has removed it. */
export const REMOVED = 'removed';

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
  'use-records': { ledger: 'use-record', prefix: 'ur', keepsRemoved: true },
  criticisms: { ledger: 'criticism', prefix: 'cr' },
  parties: { ledger: 'party' },
  bodies: { ledger: 'body', prefix: 'bo' },
  officers: { ledger: 'officer' },
  systems: { ledger: 'system' },
  enrolments: { ledger: 'enrolment', prefix: 'en' },
  calendars: { ledger: 'calendar' },
} as const satisfies Record<FileKind, KindFacts>;

export type Kind = keyof typeof KINDS;

/** Whether the last act of a file has removed it, so that it is not there any more and its id may be used again. */
export const isGone = (kind: Kind, state: string): boolean =>
  state === REMOVED && !(KINDS[kind] as KindFacts).keepsRemoved;

const BY_LEDGER = new Map<string, Kind>(Object.entries(KINDS).map(([kind, { ledger }]) => [ledger, kind as Kind]));

/** The kind of file that records of that ledger kind are about; undefined for records that are about none. */
export const kindOfRecord = (ledger: string): Kind | undefined => BY_LEDGER.get(ledger);
