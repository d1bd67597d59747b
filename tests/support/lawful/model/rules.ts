import type { ApplicationBody, EntryText, Kind, ModelFile } from './files.js';
import type { ModelOfficer, World } from './world.js';

/** One fault of a request; `path` is a JSON Pointer into the body. */
export interface Problem {
  path: string;
  code: string;
  article?: string;
}

export interface Plan {
  text?: EntryText;
  /** Problems of the document of an entry. */
  fault?: string;
  application?: ApplicationBody;
  /** The receiving system has a stream open. */
  open?: boolean;
  /** `proof` names the record of the newest proof. */
  newestProof?: boolean;
}

export interface Act {
  who: string;
  kind: Kind;
  id?: string;
  act: string;
  // biome-ignore lint/suspicious/noExplicitAny: bodies are generated, right and wrong ones
  body: any;
  /** Meaning of the body, where the model knows bodies by their parts. */
  plan?: Plan;
  ifMatch?: 'present' | 'stale';
  /** Which digest the body carries: that of the document now, or another one. */
  digest?: 'present' | 'other';
}

/** The shape of a body field. */
export type Shape = 'text' | 'count' | 'date' | 'flag' | 'texts' | 'object' | 'list' | 'title' | readonly string[];

export interface Performing<F extends ModelFile = ModelFile> {
  world: World;
  /** The file as it stands; of a creation what its body names. */
  file: F;
  officer: ModelOfficer;
  act: Act;
  /** Ids that the bus gave, known once it has answered. */
  made: Made;
}

export interface Made {
  self?: string;
  grant?: string;
  case?: string;
}

/** A transition as its table has it, with guard and effect as functions. */
export interface Rule<F extends ModelFile = ModelFile> {
  number: string;
  from: readonly string[];
  act: string;
  /** `self`, a state, states of which the effect chooses, or `elsewhere` where the effect moves another file. */
  to: string;
  who: readonly string[];
  article?: string;
  fields?: Readonly<Record<string, Shape>>;
  needs?: readonly string[];
  /** `reason` is needed, and its absence is NO_REASON. */
  reason?: boolean;
  digest?: 'needed' | 'optional';
  /** Conditions beside the state; judged with it. */
  stands?(world: World, file: F): boolean;
  fourEyes?(performing: Performing<F>): boolean;
  guard?(performing: Performing<F>): Problem[];
  /** The guard in its order, with names of needed fields, where `needs`, `reason` and `guard` in turn are not that order. */
  checks?: readonly (string | ((performing: Performing<F>) => Problem[]))[];
  /** Changes the file and others; the state is set before by `to` where that is one state. */
  effect?(performing: Performing<F>): void;
}

/** Rules of one kind; each is typed by its own file inside. */
export const rulesOf = <F extends ModelFile>(rules: readonly Rule<F>[]): readonly Rule[] => rules as never;

export const problem = (path: string, code: string, article?: string): Problem => ({
  path,
  code,
  ...(article !== undefined && { article }),
});
