import type { ModelClock } from './clocks.js';

export type Kind =
  | 'catalog'
  | 'applications'
  | 'grants'
  | 'cases'
  | 'demands'
  | 'consents'
  | 'use-records'
  | 'backflows'
  | 'stops'
  | 'contracts';

/** One line of a file's history. */
export interface ModelRecord {
  act: string;
  actor: string;
  from: string | undefined;
  to: string;
  clock?: string;
}

interface FileBase {
  id: string;
  state: string;
  /** The party that the file belongs to. */
  own: string;
  provider?: string;
  demand?: string;
  clocks: ModelClock[];
  history: ModelRecord[];
}

/** Knowledge of the model about an entry's text; `documentOf` makes the document of it. */
export interface EntryText {
  edition: number;
  attribute: 'unconditional' | 'conditional' | 'not_shared';
  items: readonly string[];
  /** Fields that approval asks for and the text has not. */
  lacks: readonly string[];
  promised: Readonly<Record<string, number>>;
  /** Calendar days for the disposal; none without a requirement of time. */
  withinDays?: number;
  /** Rank of the legal basis of an entry that is not shared. */
  rank?: string;
  derivedFrom?: { grant: string; items: readonly string[] };
}

export interface EntryFile extends FileBase {
  kind: 'catalog';
  text: EntryText;
  published?: { version: number; text: EntryText };
  editors: Set<string>;
  /** The file was submitted once, so that its peer reads it. */
  submitted: boolean;
  /** The newer text itself was submitted. */
  textSubmitted: boolean;
  /** The newer text answers a trigger. */
  triggered: boolean;
  extension?: { asked: number; open: boolean };
  withdrawal: boolean;
}

export interface ApplicationBody {
  entry: string;
  system: string;
  items: readonly string[];
  period: { from: string; to: string };
  lacks: readonly string[];
}

export interface ApplicationFile extends FileBase {
  kind: 'applications';
  body: ApplicationBody;
  drafters: Set<string>;
  /** The version that was in force when it was filed, and its text. */
  version?: number;
  frozen?: EntryText;
  filed: boolean;
  missing?: readonly string[];
  extension?: { asked: number; open: boolean };
  preparer?: string;
  grant?: string;
}

/** Events under a grant, by the keys of their records. */
export interface ModelDeliveries {
  /** Accepted and not yet acknowledged. */
  due: { key: string; whileSuspended: boolean }[];
  /** Acknowledged, or skipped for good. */
  over: Set<string>;
  /** A cursor is stored. */
  isAcknowledged: boolean;
}

export interface GrantFile extends FileBase {
  kind: 'grants';
  grantKind: 'applied' | 'standing' | 'backflow';
  status: string;
  application?: string;
  entry: string;
  version: number;
  system: string;
  text: EntryText;
  items: readonly string[];
  period: { from: string; to?: string };
  endedOn?: string;
  proof?: { open: boolean };
  deliveries: ModelDeliveries;
}

export interface CaseFile extends FileBase {
  kind: 'cases';
  grant: string;
  suspender?: string;
  proven: boolean;
}

export interface DemandFile extends FileBase {
  kind: 'demands';
  asked: string[];
}

export interface ConsentFile extends FileBase {
  kind: 'consents';
  consent: 'standing' | 'onward';
  entry?: string;
  grant?: string;
  items?: readonly string[];
  toParty?: string;
  until: string;
  signer: string;
}

export interface UseRecordFile extends FileBase {
  kind: 'use-records';
  grant: string;
  record: string;
  madeOn: string;
}

export interface BackflowFile extends FileBase {
  kind: 'backflows';
  entry: string;
  grant: string;
}

export type StopScope = 'entry' | 'system' | 'party' | 'node';

export interface StopFile extends FileBase {
  kind: 'stops';
  scope: StopScope;
  /** Id of the entry, the system or the party; of the node that of its owner. */
  target: string;
  /** The party that has stopped. */
  suspender: string;
}

export interface ContractFile extends FileBase {
  kind: 'contracts';
  systems: readonly string[];
  until: string;
}

export type ModelFile =
  | EntryFile
  | ApplicationFile
  | GrantFile
  | CaseFile
  | DemandFile
  | ConsentFile
  | UseRecordFile
  | BackflowFile
  | StopFile
  | ContractFile;
