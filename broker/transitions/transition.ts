import { SluiceError } from '../../proto/errors.js';
import type { Role } from '../parties/officer.js';
import type { Action } from '../parties/permissions.js';

/** A subject that has to give a reason. */
export interface WithReason {
  reason?: string | undefined;
}

/** The state of a thing that does not exist yet. */
export const NONE = 'none';
/** As `to`: the act leaves the state as it is. */
export const SAME = 'same';

/** A side of the file and a role of its officers, such as `own.catalog_editor`; `bus` acts by itself. */
export type RelationRole = `${string}.${Role}` | 'bus';

export interface ClockEffect {
  clock: string;
  effect: 'start' | 'end' | 'pause' | 'resume';
}

/** A condition on the subject of an act, named so that the table can be published. `check` throws what is not met. */
export interface Guard<Subject> {
  name: string;
  check(subject: Subject): void;
}

/**
 * One row of a transition table. The same form holds the trial-mode life cycles and those of the lawful procedure, so
 * clocks, notices and articles are optional.
 */
export interface Transition<State extends string, Act extends string, Subject = void> {
  /** Stable number of the row, `E7`. */
  number: string;
  from: readonly (State | typeof NONE)[];
  act: Act;
  to: State | typeof SAME;
  /** A right that `Permissions` knows, or the officers of certain sides of the file. */
  who: Action | readonly RelationRole[];
  /** Possible only on a bus without platform registration. */
  trialOnly?: true;
  guards?: readonly Guard<Subject>[];
  clocks?: readonly ClockEffect[];
  /** Sides that get a notice. */
  notices?: readonly string[];
  /** Article of the Regulations that the transition carries out, `R16`. */
  article?: string;
}

/** Whoever takes something away says why; blanks are no reason. */
export const GIVEN_REASON: Guard<WithReason> = {
  name: 'reason',
  check: ({ reason = '' }) => {
    if (reason.trim() === '') throw new SluiceError('BAD_REQUEST', 'reason: is missing, the act needs one');
  },
};
