import type { ErrorCode, LawfulProblem } from '../../../proto/errors.js';
import type { OfficerCaller } from '../../parties/caller.js';
import type { Fields, FileRef, ProcedureFile, Sides } from '../files/file.js';
import type { Kind } from '../files/kinds.js';
import type { ActContext } from './act-context.js';
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

/** `+` starts, `-` ends, `‖` pauses, `▷` resumes. Starts need facts and are done by `apply`; they stand here to be published. */
export type ClockColumn = `${'+' | '-' | '‖' | '▷'}${string}`;

export interface Transition {
  /** Stable number, `A10`. */
  number: string;
  from: readonly string[];
  act: string;
  /** A state, `SELF`, or what `next` decides. */
  to: string;
  next?(context: ActContext): string;
  /** `relation.role`, or `bus`. */
  who: readonly string[];
  body?: BodyMembers;
  /** The body is a document of its own, judged by the guard: an entry, a bundle. */
  isAnyBody?: boolean;
  /** Chooses among transitions of one act and state. */
  when?(context: ActContext): boolean;
  /** Sides of a new file; undefined where a member that decides them is missing, which the guard reports. */
  sides?(context: ActContext): Promise<Sides | undefined> | Sides | undefined;
  /** Id of a new file whose caller gives it. */
  idOf?(context: ActContext): string | undefined;
  /** Persons (officer ids) who must not be the one who acts. */
  fourEyes?(context: ActContext): (string | undefined)[];
  digest?: { needed: boolean; of(context: ActContext): string | undefined };
  guard?: readonly Guard[];
  clocks?: readonly ClockColumn[];
  /** Changes the file, and lets further acts follow in the same batch. */
  apply?(context: ActContext): void | Promise<void>;
  /** Who gets a notice: D, P, CD, all, own, handler … */
  notices?: readonly string[];
  article?: string;
  /** The act takes a right away: it overtakes others, and the store keeps room for it. */
  endsRights?: boolean;
  /** The violation that a refused attempt is, where the law says so. */
  violationOf?(
    context: ActContext,
    problems: readonly LawfulProblem[],
  ): { code: string; party: string; about: FileRef; facts: string; act: string } | undefined;
  /** Where the law sends a caller whom the guard refuses, by name. */
  refusalLinks?: Record<string, string>;
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
  /** Further members of the answer. */
  answer?(file: ProcedureFile): Fields;
  links?(file: ProcedureFile): Record<string, string>;
  /** What the digest of the answer is over; by default the document that is shown. */
  digested?(file: ProcedureFile): Fields;
  /** Readers besides the officers of its sides, their peer and its superior: every officer. */
  isReadByAll?: boolean;
  /** Decides sight instead of the sides; undefined leaves it to them. */
  sight?(file: ProcedureFile, caller: OfficerCaller, relations: Relations): boolean | undefined;
}

export const isFromNothing = ({ from }: Transition): boolean => from.includes(NONE);
