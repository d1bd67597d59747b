import { type LawfulProblem, SluiceError } from '../../../proto/errors.js';
import { refuse } from './refusals.js';
import type { ActRunner } from './run-act.js';

/** The record that a refused call leaves: a violation, or a notice that somebody tried. */
export interface Remainder {
  record(runner: ActRunner): Promise<void>;
}

/** A refusal with what the law wants on record of it. */
export class RecordedRefusal extends Error {
  constructor(
    readonly refusal: SluiceError,
    readonly remainder: Remainder,
  ) {
    super(refusal.message, { cause: refusal });
  }
}

/** `current` is the file of the first problem as it is now, where that one is STALE. */
export function refusalOfMany(
  problems: readonly LawfulProblem[],
  remainders: readonly Remainder[],
  current?: unknown,
): Error {
  const refusal = refuse(problems, current === undefined ? {} : { current });
  if (remainders.length === 0) return refusal;
  return new RecordedRefusal(refusal, {
    record: async (runner) => {
      for (const remainder of remainders) await remainder.record(runner);
    },
  });
}

export function problemsOf(error: unknown): LawfulProblem[] {
  if (!(error instanceof SluiceError)) return [];
  const problems = (error.where.problems ?? []).filter((one) => typeof one !== 'string');
  if (problems.length > 0) return problems;
  const { article } = error.where;
  return [{ path: '', code: error.code, ...(article !== undefined && { article }), text: error.message }];
}

export const noticeAct = (actor: string, act: string, notice: { kind: string; to: string[] }) => ({
  kind: 'notice' as const,
  id: 'refused-attempts',
  act: 'refused-attempt',
  actor,
  document: { act },
  step: { notices: [{ about: { kind: 'officers', id: actor.slice(actor.indexOf(':') + 1) }, ...notice }] },
});
