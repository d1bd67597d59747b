import { type ProblemWhere, SluiceError } from '../../proto/errors.js';
import type { Action, Permissions } from '../parties/permissions.js';
import { NONE, SAME, type Transition } from './transition.js';

/**
 * Evaluates one transition table. Whoever decides on an act asks `next` for the state after it, inside the guard of the
 * ledger append, so that the answer holds for the state that is recorded. See
 * docs/decisions/0070.
 */
export class StateMachine<State extends string, Act extends string, Subject = void> {
  /** `noun` names the thing in refusals and is the member of the problem document that holds its id. */
  constructor(
    readonly noun: 'entry' | 'grant',
    readonly transitions: readonly Transition<State, Act, Subject>[],
  ) {
    const seen = new Set<string>();
    for (const { act, from } of transitions) {
      for (const state of from) {
        if (seen.has(`${act} ${state}`)) throw new TypeError(`two transitions of ${noun} for ${act} from ${state}`);
        seen.add(`${act} ${state}`);
      }
    }
  }

  /** The row for the act in that state; undefined when there is none. */
  find(act: Act, from: State | undefined): Transition<State, Act, Subject> | undefined {
    return this.transitions.find((row) => row.act === act && row.from.includes(from ?? NONE));
  }

  /** The state after the act. Throws TRIAL_ONLY, CONFLICT, or what a guard throws. */
  next(act: Act, from: State | undefined, context: { id: string; permissions: Permissions; subject: Subject }): State {
    const { id, permissions, subject } = context;
    const where: ProblemWhere = { [this.noun]: id };
    if (this.#isTrialOnly(act)) {
      permissions.requireTrial(`${this.noun} ${id} can be ${act} directly in trial mode only`, where);
    }
    const row = this.find(act, from);
    if (!row) throw new SluiceError('CONFLICT', `${this.noun} ${id} ${this.#whyNot(act, from)}`, where);
    for (const guard of row.guards ?? []) guard.check(subject);
    return row.to === SAME ? (from as State) : row.to;
  }

  /** The right that the act takes; one act takes the same in every state. */
  rightFor(act: Act): Action {
    const who = this.transitions.find((row) => row.act === act)?.who;
    if (typeof who !== 'string') throw new TypeError(`no right of the permissions stands for ${act} of ${this.noun}`);
    return who;
  }

  #isTrialOnly(act: Act): boolean {
    return this.transitions.every((row) => row.act !== act || row.trialOnly === true);
  }

  #whyNot(act: Act, from: State | undefined): string {
    if (from === undefined) return `does not exist and cannot be ${act}`;
    const isFinal = this.transitions.every((row) => !row.from.includes(from));
    return isFinal ? `is ${from}, which is final: it cannot be ${act}` : `is ${from} and cannot be ${act}`;
  }
}
