import type { Catalog } from '../../catalog/catalog.js';
import type { Grants } from '../../grants/grants.js';
import type { OfficerCaller } from '../../parties/caller.js';
import type { Credentials } from '../../parties/credentials.js';
import type { Officers, Parties, Systems } from '../../parties/parties.js';
import type { CalendarBook } from '../clock/calendar-book.js';
import type { RecomputedClock } from '../clock/calendar-check.js';
import type { ClockRules } from '../clock/clock-rules.js';
import { dateAt, momentOf } from '../clock/shanghai-days.js';
import type { Fields, FileRef, ProcedureFile } from '../files/file.js';
import type { Batch } from './batch.js';
import type { FileClocks } from './file-clocks.js';
import type { Transition } from './machine.js';
import type { Relations } from './relations.js';

/** Settings of the procedure, as the configuration gives them. */
export interface ProcedureSettings {
  owner: string;
  foundingCodeSha256: string | undefined;
  supplementPause: boolean;
  localTargetDays: number;
  changeLeadDays: number;
  closingHour: number;
  partitions: number;
}

/** Everything that guards and consequences may ask; the same for all machines. */
export interface World {
  settings: ProcedureSettings;
  relations: Relations;
  parties: Parties;
  officers: Officers;
  systems: Systems;
  credentials: Credentials;
  catalog: Catalog;
  grants: Grants;
  calendars: CalendarBook;
  rules: ClockRules;
  /** Facts of the stream: what was acknowledged, and which streams are open. */
  delivery: DeliveryFacts;
  bodies: WorkBodies;
}

/** Work bodies and their heads. */
export interface WorkBodies {
  bodyOf(party: string): string | undefined;
  headOf(party: string): string | undefined;
}

export interface DeliveryFacts {
  /** Whether the receiving system has a subscription or server-sent events of the grant open now. */
  hasOpenStream(grant: string): Promise<boolean> | boolean;
}

/** Names another act that follows in the same batch, done by the bus or by who acts. */
export interface FollowUp {
  ref: FileRef;
  act: string;
  body?: Fields;
  /** By the bus, unless said otherwise. */
  byCaller?: boolean;
  reason?: string;
}

/** One act while it is judged and carried out. `file` may be changed by `apply`. */
export interface ActContext {
  world: World;
  batch: Batch;
  transition: Transition;
  /** Undefined for the bus. */
  caller: OfficerCaller | undefined;
  file: ProcedureFile;
  body: Fields;
  reason: string | undefined;
  attachments: string[];
  nowMs: number;
  clocks: FileClocks;
  /** Members that the answer has for this act alone: a token, a code. */
  once: Fields;
  follow(next: FollowUp): Promise<ProcedureFile>;
  /** Computes clocks again by a book with a new calendar, behind the act, with a record and a notice each. */
  recompute(calendars: CalendarBook, clocks: readonly RecomputedClock[]): Promise<void>;
  /** Puts a violation on record in the same batch. */
  violation(facts: {
    code: string;
    party: string;
    about: FileRef;
    facts: string;
    clock?: string;
    act?: string;
  }): Promise<void>;
}

export const nowOf = ({ nowMs }: ActContext): string => momentOf(nowMs);
export const todayOf = ({ nowMs }: ActContext): string => dateAt(nowMs);

export const textOf = (body: Fields, member: string): string | undefined => {
  const value = body[member];
  return typeof value === 'string' ? value : undefined;
};
