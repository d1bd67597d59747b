import type { ErrorCode, LawfulProblem } from '../../../proto/errors.js';
import type { Catalog } from '../../catalog/catalog.js';
import type { Grants } from '../../grants/grants.js';
import type { OfficerCaller } from '../../parties/caller.js';
import type { Credentials } from '../../parties/credentials.js';
import type { Officers, Parties, Systems } from '../../parties/parties.js';
import type { OpenRecomputes } from '../calendars/open-recomputes.js';
import type { CalendarBook } from '../clock/calendar-book.js';
import type { RecomputedClock } from '../clock/calendar-check.js';
import type { ClockRules } from '../clock/clock-rules.js';
import { dateAt, momentOf } from '../clock/shanghai-days.js';
import type { Fields, FileRef, HistoryItem, ProcedureFile, Sides } from '../files/file.js';
import type { Kind } from '../files/kinds.js';
import type { Batch } from './batch.js';
import type { FileClocks } from './file-clocks.js';
import type { Relations } from './relations.js';

/** The state of a file that does not exist yet. */
export const NONE = '–';
/** As `to`: the act keeps the state. */
export const SELF = 'self';

/** JSON Schema of the members of a body. What is needed is for the guard: its absence has codes of its own. */
export type BodyMembers = Record<string, object>;

export type Problems = LawfulProblem[] | LawfulProblem | undefined;

/**
 * A condition of an act. A string is a member of the body that must be there. `article` is that of the member, where it
 * is not the act's.
 */
export type Guard =
  | string
  | { needs: string; code?: ErrorCode; article?: string }
  | { name: string; check(context: ActContext): Problems | Promise<Problems> };

/**
 * `+` starts, `-` ends, `‖` pauses, `▷` resumes, `↻` lets an ended clock run again, `+days` behind it extends it. Starts and extensions need facts
 * and are done by `apply`; they stand here to be published.
 */
export type ClockColumn = `${'+' | '-' | '‖' | '▷' | '↻'}${string}` | `${string} +days`;

/**
 * Sides of the file by their names in the table (D, P, CD, both, all, own, handler …), or the parties that a function finds. With a `kind` they
 * get a notice of that kind instead of the act's.
 */
export type Receivers =
  | string
  | { name: string; of(context: ActContext): readonly string[]; kind?: string; details?(context: ActContext): Fields };

export interface Transition {
  /** Stable number, `A10`. */
  number: string;
  from: readonly string[];
  act: string;
  /** A state, `SELF`, or what `next` decides. */
  to: string;
  /** Decides between `to` and the states of `orTo`. */
  next?(context: ActContext): string;
  orTo?: readonly string[];
  /** `relation.role`, or `bus`. */
  who: readonly string[];
  body?: BodyMembers;
  /** Body of a call, as the description of the interface shows it. */
  example?: Fields;
  /** Members that the bus computes for this act, each with the article that says so; naming one is of the wrong shape. */
  computed?: Readonly<Record<string, string>>;
  /** The body is a document of its own, judged by the guard: an entry, a bundle. */
  isAnyBody?: boolean;
  /** The row asks for more of the file than the name of its state, as for a clock that is late; otherwise there is no such row. */
  isOpen?(file: ProcedureFile): boolean;
  /** Chooses among transitions of one act and state. */
  when?(context: ActContext): boolean;
  /** Sides of a new file; undefined where a member that decides them is missing, which the guard reports. */
  sides?(context: ActContext): Promise<Sides | undefined> | Sides | undefined;
  /** Id of a new file whose caller gives it. */
  idOf?(context: ActContext): string | undefined;
  /** Persons (officer ids) who must not be the one who acts. */
  fourEyes?(context: ActContext): (string | undefined)[];
  digest?: { needed: boolean; of(context: ActContext): string | undefined };
  /** Attachments that the act names besides its member `attachments`, each with the path where it does. */
  names?(context: ActContext): NamedAttachment[];
  guard?: readonly Guard[];
  clocks?: readonly ClockColumn[];
  /** True where the act would leave everything as it is: it is answered, and nothing is recorded. */
  changesNothing?(context: ActContext): boolean | Promise<boolean>;
  /** Changes the file, and lets further acts follow in the same batch. */
  apply?(context: ActContext): void | Promise<void>;
  /** Parties that get a notice. */
  notices?: readonly Receivers[];
  /** Kind of these notices; by default the act. */
  noticeKind?: string;
  article?: string;
  /** The act takes a right away: it overtakes others, and the store keeps room for it. */
  endsRights?: boolean;
  /** The violation that a refused attempt is, where the law says so. */
  violationOf?(
    context: ActContext,
    problems: readonly LawfulProblem[],
  ): { code: string; party: string; about: FileRef; facts: string; act: string } | undefined;
  /** Somebody has asked for the act: it goes first on the worklist, where one that keeps the state stands for no other reason. */
  isAwaited?(file: ProcedureFile): boolean;
  /** Published in the table, and not possible in this version. */
  isLater?: boolean;
}

/** One kind of file as data. The engine knows nothing else of it. */
export interface Machine {
  kind: Kind;
  states: readonly string[];
  /** False: published as a table only; its addresses answer NOT_FOUND. */
  available: boolean;
  transitions: readonly Transition[];
  /** Act of the bus at the moment `memo.endsAt`. */
  onDue?: string;
  /** Acts on files of other kinds, with what follows from them for this kind in the same batch. */
  follows?: readonly { kind: Kind; act: string; apply(context: ActContext): void | Promise<void> }[];
  /** Code of the violation that a late clock of the file is, where the file decides it; undefined leaves it to the clock. */
  lateViolation?(file: ProcedureFile, clock: string): string | undefined;
  /** Resolves when the bus has done what an act leaves to it; the answer waits for that. */
  settled?(world: World): Promise<void>;
  /** Further members of the answer. */
  answer?(file: ProcedureFile): Fields;
  /** Further members where a file is read by itself, for its reader: lists and worklists would grow with them. */
  details?(file: ProcedureFile, caller: OfficerCaller): Fields;
  links?(file: ProcedureFile): Record<string, string>;
  /** The document that `GET` shows; by default `fields`, else the record's document. */
  shown?(file: ProcedureFile): Fields;
  /** The file as one reader sees it, where some see less of it than others. */
  asSeen?(
    file: ProcedureFile,
    caller: OfficerCaller,
    relations: Relations,
  ): { file: ProcedureFile; hides?(item: HistoryItem): boolean };
  /** Files that may be in anybody's sight: lists look among those of all parties. */
  isFoundByAll?: boolean;
  /** States to look in for files that somebody sees in one of these. */
  widenedStates?(states: readonly string[]): readonly string[];
  /** Why a caller can never perform an act of the file, whatever its state. */
  neverBy?(file: ProcedureFile, act: string, caller: OfficerCaller, relations: Relations): LawfulProblem | undefined;
  /** The document that the digest of the answer is over; by default the one that is shown. */
  digested?(file: ProcedureFile): Fields;
  /** Readers besides the officers of its sides, their peer and its superior: every officer. */
  isReadByAll?: boolean;
  /** False for a file that is in no list, although it can be read by its id. */
  isListed?(id: string): boolean;
  /** Outside roles that the machine names, and that read single files and no lists. */
  isReadOneByOneBy?: readonly string[];
  /** Each reading of a document is put on record. */
  recordsReads?: boolean;
  /** Decides who reads instead of the sides; undefined leaves it to them. */
  isReadable?(file: ProcedureFile, caller: OfficerCaller, relations: Relations): boolean | undefined;
}

export const isFromNothing = ({ from }: Transition): boolean => from.includes(NONE);

/** Whether the act may be done in the state in which the file is. */
export const isPossible = (row: Transition, file: ProcedureFile): boolean =>
  !row.isLater && row.from.includes(file.state) && (row.isOpen?.(file) ?? true);

/** Settings of the procedure, as the configuration gives them. */
export interface ProcedureSettings {
  owner: string;
  foundingCodeSha256: string | undefined;
  supplementPause: boolean;
  localTargetDays: number;
  changeLeadDays: number;
  closingHour: number;
  partitions: number;
  /** Versions of entries that a party may have in work at a time; undefined is without bound. */
  draftsPerPartyMax?: number | undefined;
}

/** An attachment by its digest, where a body or a document names it. */
export interface NamedAttachment {
  path: string;
  sha256: string;
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
  recomputes: OpenRecomputes;
  rules: ClockRules;
  /** Facts of the stream: what was acknowledged, and which streams are open. */
  delivery: DeliveryFacts;
  bodies: WorkBodies;
  webhooks: WebhookRules;
}

/** How the addresses that notices are sent to are judged and kept. */
export interface WebhookRules {
  /** Why notices may not go there, as far as the address itself says it. */
  urlProblem(url: string): string | undefined;
  /** Settings that the file of a party keeps; notices behind record `head` are sent. */
  keep(memo: ProcedureFile['memo'], target: { url: string; secret: string }, head: number): object;
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

/** A list without an element gives nothing. */
export const isGiven = (value: unknown): boolean =>
  value !== undefined && value !== null && (!Array.isArray(value) || value.length > 0);

export const textOf = (body: Fields, member: string): string | undefined => {
  const value = body[member];
  return typeof value === 'string' ? value : undefined;
};
