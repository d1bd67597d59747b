import type { ErrorCode, LawfulProblem } from '../../../proto/errors.js';
import type { Caller, OfficerCaller } from '../../parties/caller.js';
import { unknownAttachments, type VisibilityDeps } from '../attachments/visible-attachment.js';
import type { Kind } from '../files/kinds.js';
import { type Shape, shapeProblems } from './body-check.js';
import type { ActContext, Guard, Machine } from './machine.js';
import { articleOf, problem, refuse, refuseOne } from './refusals.js';

/** Throws NOT_YOUR_ROLE for a system. */
export function requireOfficer(caller: Caller): OfficerCaller {
  if (caller.kind === 'officer') return caller;
  throw refuseOne('NOT_YOUR_ROLE', `only an officer takes part in the procedure; system ${caller.id} is none`);
}

/** Throws NOT_FOUND for a kind that this bus does not have. */
export function requireMachine(machines: ReadonlyMap<Kind, Machine>, kind: Kind): Machine {
  const machine = machines.get(kind);
  if (!machine?.available) throw refuseOne('NOT_FOUND', `there are no ${kind} on this bus`);
  return machine;
}

/** Throws BAD_REQUEST with every problem of the body's shape. */
export function requireShape(transition: Shape, body: ActContext['body']): void {
  const problems = shapeProblems(transition, body);
  if (problems.length > 0) throw refuse(problems);
}

/** Throws FOUR_EYES when the caller gave the first signature, or prepared the document. */
export function requireFourEyes(context: ActContext): void {
  const { caller, transition } = context;
  if (!caller || !transition.fourEyes) return;
  if (!transition.fourEyes(context).includes(caller.id)) return;
  const text = 'the person who prepared or signed this first cannot give the second signature';
  throw refuseOne('FOUR_EYES', text, '', transition.article === 'R36' ? 'R36' : undefined);
}

/** A signature is over one document. Throws INCOMPLETE, WRONG_STATE or DIGEST_DIFFERS. */
export function requireDigest(context: ActContext): void {
  const { transition, body } = context;
  if (!transition.digest) return;
  if (body.digest === undefined) {
    if (!transition.digest.needed) return;
    throw refuseOne('INCOMPLETE', 'is missing: a signature is over one document', '/digest', transition.article);
  }
  const expected = transition.digest.of(context);
  if (expected === undefined) throw refuseOne('WRONG_STATE', 'there is nothing to sign', '/digest');
  if (expected !== body.digest) throw refuseOne('DIGEST_DIFFERS', 'is that of another document', '/digest');
}

/** Every problem of the guard, in its order, and of the attachments; CONFLICT is the last. */
export async function guardProblems(
  context: ActContext,
  machines: VisibilityDeps['machines'],
): Promise<LawfulProblem[]> {
  const problems: LawfulProblem[] = [];
  for (const guard of context.transition.guard ?? []) problems.push(...(await problemsOf(guard, context)));
  problems.push(...(await unknownAttachments(context, machines)));
  return [...problems.filter(({ code }) => code !== 'CONFLICT'), ...problems.filter(({ code }) => code === 'CONFLICT')];
}

async function problemsOf(guard: Guard, context: ActContext): Promise<LawfulProblem[]> {
  const { article } = context.transition;
  if (typeof guard !== 'string' && 'check' in guard) {
    const found = await guard.check(context);
    const all = found === undefined ? [] : Array.isArray(found) ? found : [found];
    return all.map((one) => ({ ...one, ...(one.article === undefined && withArticle(one.code, article)) }));
  }
  const {
    needs,
    code,
    article: own,
  } = typeof guard === 'string' ? { needs: guard, code: undefined, article: undefined } : guard;
  const given = needs === 'reason' ? context.reason : context.body[needs];
  if (given !== undefined && given !== null) return [];
  const which: ErrorCode = code ?? (needs === 'reason' || needs === 'code' ? 'NO_REASON' : 'INCOMPLETE');
  return [problem(`/${needs}`, which, 'is missing', own ?? article)];
}

function withArticle(code: ErrorCode, ofAct: string | undefined): { article?: string } {
  const article = articleOf(code, ofAct);
  return article === undefined ? {} : { article };
}

/** At least so many attachments: the record that an act is about. */
export const attachmentsNeeded = (min: number, code: ErrorCode = 'INCOMPLETE'): Guard => ({
  name: `attachments ≥ ${min}`,
  check: ({ attachments, transition }) =>
    attachments.length < min
      ? problem('/attachments', code, `at least ${min} must be attached`, transition.article)
      : undefined,
});

/** Guard of a list that says nothing when it is empty; an absent one is reported by its name. */
export const atLeastOne = (needs: string, element: string): Guard => ({
  name: `at least one ${element}`,
  check: ({ body, transition }) => {
    const given = body[needs];
    return Array.isArray(given) && given.length === 0
      ? problem(`/${needs}`, 'INCOMPLETE', `must have at least one ${element}`, transition.article)
      : undefined;
  },
});

/** A condition that does not stand. */
export const stands = (name: string, text: string, holds: (context: ActContext) => boolean, path = ''): Guard => ({
  name,
  check: (context) => (holds(context) ? undefined : problem(path, 'WRONG_STATE', text)),
});
