import { splitEntryId } from '../../../proto/entry/entry.js';
import type { LawfulProblem } from '../../../proto/errors.js';
import { attachmentsNeeded } from '../engine/act-guards.js';
import { DATE, ID, TEXT } from '../engine/body-check.js';
import { type ActContext, type Guard, type Machine, NONE, nowOf, SELF, todayOf } from '../engine/machine.js';
import { problem } from '../engine/refusals.js';
import type { ProcedureFile, Sides } from '../files/file.js';
import { OPEN_CASE_STATES } from '../grants/disposal.js';
import { GRANT, PAPER } from '../published/example-documents.js';

const RAISES = ['provider.body_head', 'provider.security_officer', 'peer.competent_reviewer'];
const SUSPENDER = ['suspender.body_head', 'suspender.security_officer', 'suspender.competent_reviewer'];
const GROUNDS = ['beyond_range', 'beyond_purpose', 'third_party', 'incident'];
const CASES_MAX = 100;

/**
 * In the body of `create`: the case suspends in the same batch. A symbol, because no request can name it; the address of the
 * grant uses it (`POST /v1/grants/{id}/suspend`).
 */
export const AND_SUSPENDS = Symbol('and suspends');

interface CaseDocument {
  id: string;
  grant: string;
  ground: string;
  evidence: string;
  proofs?: { seq: number; statement: string; attachments: string[]; at: string }[];
}

const caseOf = ({ document }: ProcedureFile): CaseDocument => document as unknown as CaseDocument;
const grantRef = (id: unknown) => ({ kind: 'grants', id: String(id) }) as const;

/**
 * Without a named grant the caller is the side to which the guard reports it. One that does not exist is refused like one of other departments:
 * it has no sides.
 */
function sidesOf({ body, world, caller }: ActContext): Sides {
  if (body.grant === undefined) return { provider: caller?.party ?? '' };
  const grant = world.grants.get(String(body.grant));
  return grant ? { provider: splitEntryId(grant.entry).party, demand: grant.party } : {};
}

const inForce = (path: string, grantOf: (context: ActContext) => unknown): Guard => ({
  name: 'the grant is in force',
  check: async (context) => {
    const id = grantOf(context);
    if (id === undefined) return undefined;
    const grant = await context.batch.get(grantRef(id));
    return grant?.state === 'in_force' ? undefined : problem(path, 'WRONG_STATE', 'the grant is not in force');
  },
});

const onlyCase: Guard = {
  name: 'no open case of the grant',
  check: async ({ body, batch }) => {
    const about = `grants/${String(body.grant)}`;
    const open = await batch.list({ kind: 'cases', about, states: OPEN_CASE_STATES, limit: CASES_MAX });
    return open.some(({ state }) => OPEN_CASE_STATES.includes(state))
      ? problem('/grant', 'CONFLICT', 'has an open case')
      : undefined;
  },
};

const dueAhead: Guard = {
  name: 'due, a date ahead',
  check: (context) => {
    const { due } = context.body;
    if (typeof due !== 'string' || due > todayOf(context)) return undefined;
    return problem('/due', 'BAD_REQUEST', 'must be later than today');
  },
};

const newestProof: Guard = {
  name: 'the newest proof',
  check: ({ body, file }) => {
    if (body.proof === undefined || body.proof === caseOf(file).proofs?.at(-1)?.seq) return undefined;
    return problem('/proof', 'WRONG_STATE', 'is not the record of the newest proof');
  },
};

/** Termination takes a rectification that did not come in time, or a finding with a reason. */
function findingProblems({ body, clocks, reason }: ActContext): LawfulProblem[] {
  if (clocks.isLate('D9')) return [];
  const problems: LawfulProblem[] = [];
  if (body.finding === undefined) problems.push(problem('/finding', 'INCOMPLETE', 'is missing', 'R27'));
  if (reason === undefined) problems.push(problem('/reason', 'NO_REASON', 'is missing', 'R27'));
  return problems;
}

async function raise({ file, body, follow, reason, attachments }: ActContext): Promise<void> {
  const { grant, ground, evidence, [AND_SUSPENDS]: isSuspending } = body as RaiseBody;
  file.document = { id: file.id, grant, ground, evidence, ...(attachments.length > 0 && { attachments }) };
  if (!isSuspending) return;
  await follow({ ref: file, act: 'suspend', byCaller: true, ...(reason !== undefined && { reason }) });
}
type RaiseBody = Record<string, unknown> & { [AND_SUSPENDS]?: boolean };

async function suspend({ file, caller, follow }: ActContext): Promise<void> {
  file.sides = { ...file.sides, suspender: caller?.party ?? '' };
  await follow({ ref: grantRef(caseOf(file).grant), act: 'suspend', body: { case: file.id } });
}

async function restore({ file, body, follow }: ActContext): Promise<void> {
  file.document = { ...file.document, missed: body.missed };
  await follow({ ref: grantRef(caseOf(file).grant), act: 'restore', body: { missed: body.missed } });
}

function prove(context: ActContext): void {
  const { file, body, attachments, batch } = context;
  const proof = {
    seq: batch.head + 1 + batch.steps.length,
    statement: body.statement,
    attachments,
    at: nowOf(context),
  };
  file.document = { ...file.document, proofs: [...(caseOf(file).proofs ?? []), proof] };
}

/** Suspension cases. */
export const CASES: Machine = {
  kind: 'cases',
  available: true,
  states: ['suspected', 'suspended', 'rectifying', 'restored', 'terminated', 'dismissed'],
  links: (file) => ({ grant: `/v1/grants/${caseOf(file).grant}` }),
  transitions: [
    {
      number: 'S1',
      from: [NONE],
      act: 'create',
      example: { grant: GRANT, ground: 'beyond_purpose', evidence: 'used for a mailing' },
      to: 'suspected',
      who: [...RAISES, 'bus'],
      body: { grant: ID, ground: { enum: GROUNDS }, evidence: TEXT },
      sides: sidesOf,
      guard: ['grant', inForce('/grant', ({ body }) => body.grant), 'ground', 'evidence', onlyCase],
      apply: async (context) => {
        const { file, body, world } = context;
        const grant = world.grants.get(String(body.grant));
        file.about = [`grants/${String(body.grant)}`, `catalog/${grant?.entry}`];
        await raise(context);
      },
      notices: ['P', 'CD'],
      article: 'R27',
    },
    {
      number: 'S2',
      from: ['suspected'],
      act: 'dismiss',
      to: 'dismissed',
      who: RAISES,
      guard: ['reason'],
      notices: ['P', 'CD'],
      article: 'R27',
    },
    {
      number: 'S3',
      from: ['suspected'],
      act: 'suspend',
      to: 'suspended',
      who: RAISES,
      guard: ['reason', inForce('', ({ file }) => caseOf(file).grant)],
      apply: suspend,
      notices: ['D', 'P', 'CD'],
      article: 'R27',
      endsRights: true,
    },
    {
      number: 'S4',
      from: ['suspended'],
      act: 'order',
      to: 'rectifying',
      who: SUSPENDER,
      body: { demands: TEXT, due: DATE },
      guard: ['demands', 'due', dueAhead],
      clocks: ['+D9'],
      apply: ({ file, body, clocks, nowMs }) => {
        const party = String([file.sides.demand].flat()[0]);
        clocks.start({ id: 'D9', party, startMs: nowMs, unit: 'date', due: String(body.due) });
        file.document = { ...file.document, demands: body.demands, due: body.due };
      },
      notices: ['D'],
      article: 'R27',
    },
    {
      number: 'S5',
      from: ['rectifying'],
      act: 'prove',
      example: { statement: 'the accounts were ended on 2026-03-18', attachments: [PAPER] },
      to: SELF,
      who: ['demand.body_head', 'demand.security_officer'],
      body: { statement: TEXT },
      guard: ['statement', attachmentsNeeded(1)],
      isAwaited: (file) => (caseOf(file).proofs ?? []).length === 0,
      apply: prove,
      notices: ['suspender'],
      article: 'R27',
    },
    {
      number: 'S6',
      from: ['rectifying'],
      act: 'restore',
      to: 'restored',
      who: SUSPENDER,
      body: { proof: { type: 'integer' }, missed: { enum: ['deliver', 'skip'] } },
      guard: ['proof', newestProof, 'missed'],
      clocks: ['-D9'],
      apply: restore,
      notices: ['D', 'P', 'CD'],
      article: 'R27',
    },
    {
      number: 'S7',
      from: ['rectifying'],
      act: 'terminate',
      example: { finding: 'inadequate', reason: 'the accounts are still there' },
      to: 'terminated',
      who: SUSPENDER,
      body: { finding: { enum: ['refused', 'inadequate'] } },
      guard: [{ name: 'D9 late, or finding with reason', check: findingProblems }],
      clocks: ['-D9'],
      apply: async ({ file, body, follow }) => {
        file.document = { ...file.document, ...(body.finding !== undefined && { finding: body.finding }) };
        await follow({ ref: grantRef(caseOf(file).grant), act: 'terminate' });
      },
      notices: ['D', 'P', 'CD'],
      article: 'R27',
      endsRights: true,
    },
    {
      number: 'S8',
      from: ['suspected', 'suspended', 'rectifying'],
      act: 'grant-ended',
      to: 'terminated',
      who: ['bus'],
      clocks: ['-D9'],
      notices: ['D', 'P', 'CD'],
      article: 'R27',
    },
    {
      number: 'S9',
      from: ['suspended', 'rectifying'],
      act: 'restore',
      to: 'restored',
      who: ['bus'],
      clocks: ['-D9'],
      apply: restore,
      notices: ['D', 'P', 'CD'],
      article: 'R28',
    },
  ],
};
