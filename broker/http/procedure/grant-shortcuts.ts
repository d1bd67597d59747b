import type { FastifyInstance } from 'fastify';
import { type LawfulProblem, SluiceError } from '../../../proto/errors.js';
import type { Caller } from '../../parties/caller.js';
import { AND_SUSPENDS } from '../../procedure/cases/cases.js';
import { requireShape } from '../../procedure/engine/act-guards.js';
import type { ActAnswer } from '../../procedure/engine/append-once.js';
import { DIGEST, listOf, TEXT } from '../../procedure/engine/body-check.js';
import type { ActCall } from '../../procedure/engine/perform-call.js';
import type { Procedure } from '../../procedure/engine/procedure.js';
import { refuse, refuseOne, staleFile } from '../../procedure/engine/refusals.js';
import type { Fields, ProcedureFile } from '../../procedure/files/file.js';
import { OPEN_CASE_STATES } from '../../procedure/grants/disposal.js';
import { callerOf } from '../server/authenticate.js';
import { PROBLEMS } from '../server/problem-schema.js';
import { callOf, sendAnswer } from './act-call.js';
import { ACT_RULE } from './files.js';

type Act = 'suspend' | 'restore' | 'terminate';
type GrantCall = Pick<ActCall, 'body' | 'ifMatch' | 'key'> & { id: string; act: Act };

/** Acts that come between the look at a grant and the act on it; each further turn takes another one. */
const TURNS_MAX = 5;

interface OpenCase {
  id: string;
  seq: number;
  document: { proofs?: { seq: number }[] };
}

interface Seen {
  file: ProcedureFile;
  answer: Fields;
  open: OpenCase | undefined;
}

const MEMBERS: Readonly<Record<Act, Readonly<Record<string, object>>>> = {
  suspend: { ground: { enum: ['beyond_range', 'beyond_purpose', 'third_party', 'incident'] } },
  restore: { missed: { enum: ['deliver', 'skip'] } },
  terminate: { finding: { enum: ['refused', 'inadequate'] } },
};

const EXAMPLES: Readonly<Record<Act, Fields>> = {
  suspend: { ground: 'beyond_purpose' },
  restore: { missed: 'skip' },
  terminate: { finding: 'inadequate' },
};

/** Acts on the open case of a grant, by the address of the grant. The answer is about the grant. */
export function grantShortcutRoutes(app: FastifyInstance, { procedure }: { procedure: Procedure }): void {
  for (const act of ['suspend', 'restore', 'terminate'] as const) {
    app.post<{ Params: { id: string } }>(
      `/v1/grants/:id/${act}`,
      { schema: schemaOf(act), config: ACT_RULE },
      async (request, reply) => {
        const caller = callerOf(request);
        const { id } = request.params;
        const call = { id, act, ...callOf(request) };
        return sendAnswer(reply, await actOnce(procedure, caller, call));
      },
    );
  }
}

/**
 * Answers a request that comes again as the first time: the act may have changed the very files that are read before it. One
 * that meets another act on the grant or its case is judged again, on what that act has made (docs/decisions/0219).
 */
async function actOnce(procedure: Procedure, caller: Caller, call: GrantCall): Promise<ActAnswer> {
  await procedure.caughtUp();
  const before = await procedure.answered(caller, call.key);
  if (before) return before;
  for (let turns = 1; ; turns++) {
    let seen: Seen | undefined;
    try {
      seen = await seenBy(procedure, caller, call.id);
      return await actOnCase(procedure, caller, call, seen);
    } catch (error) {
      // The first request was in flight.
      const meanwhile = await procedure.answered(caller, call.key);
      if (meanwhile) return meanwhile;
      if (turns < TURNS_MAX && seen && (await hasMoved(procedure, caller, seen))) continue;
      throw withinBody(error, call.body);
    }
  }
}

/** The grant and its open case, as an act by the grant's address is built from them. */
async function seenBy(procedure: Procedure, caller: Caller, id: string): Promise<Seen> {
  const grant = await procedure.files.read(caller, { kind: 'grants', id });
  return { ...grant, open: await openCase(procedure, caller, id) };
}

async function hasMoved(procedure: Procedure, caller: Caller, { file, open }: Seen): Promise<boolean> {
  await procedure.caughtUp();
  const now = await seenBy(procedure, caller, file.id);
  return now.file.seq !== file.seq || now.open?.seq !== open?.seq;
}

async function actOnCase(
  procedure: Procedure,
  caller: Caller,
  { id, act, body, ifMatch, key }: GrantCall,
  { file, answer, open }: Seen,
): Promise<ActAnswer> {
  requireShape({ body: MEMBERS[act] }, body);
  if (ifMatch !== undefined && ifMatch !== file.seq) throw staleFile(file, answer);
  // The grant is what the act is addressed to, so that its state is judged before the role, as with an open case.
  if (act === 'suspend' && !open && answer.state !== 'in_force') {
    throw refuseOne('WRONG_STATE', `grant ${id} is ${String(answer.state)}`);
  }
  const { ground = 'incident', missed = 'skip', finding, reason, attachments } = body;
  const common = { ...(reason !== undefined && { reason }), ...(attachments !== undefined && { attachments }) };
  const call = { kind: 'cases' as const, answersAbout: { kind: 'grants' as const, id }, ...(key && { key }) };
  if (act === 'suspend' && !open) {
    const made = { grant: id, ground, evidence: reason ?? '-', [AND_SUSPENDS]: true };
    return procedure.perform(caller, { ...call, act: 'create', endsRights: true, body: { ...common, ...made } });
  }
  if (!open) throw refuseOne('WRONG_STATE', `grant ${id} has no open case`);
  const members: Record<Act, Fields> = {
    suspend: {},
    restore: { proof: open.document.proofs?.at(-1)?.seq ?? 0, missed },
    terminate: finding === undefined ? {} : { finding },
  };
  return procedure.perform(caller, { ...call, id: open.id, act, body: { ...common, ...members[act] } });
}

async function openCase(procedure: Procedure, caller: Caller, grant: string): Promise<OpenCase | undefined> {
  const query = { kind: 'cases' as const, about: `grants/${grant}`, states: OPEN_CASE_STATES, limit: 1 };
  const { files } = await procedure.files.list(caller, { ...query, document: true });
  return files[0] as OpenCase | undefined;
}

/** The case's own fields are none of the body of a grant's act, so that no path leads to them. */
function withinBody(error: unknown, body: Fields): unknown {
  if (!(error instanceof SluiceError)) return error;
  const problems = (error.where.problems ?? []) as LawfulProblem[];
  const isGiven = (path: string): boolean => ['reason', 'finding'].some((name) => path === `/${name}`);
  const within = problems.map((one) => {
    const name = one.path.split('/')[1] ?? '';
    return name in body || isGiven(one.path) ? one : { ...one, path: '' };
  });
  const { links, current } = error.where;
  return refuse(within, { ...(links && { links }), ...(current !== undefined && { current }) });
}

const anything = { type: 'object', additionalProperties: true };
const schemaOf = (act: Act): object => ({
  tags: ['grants'],
  operationId: `${act}Grants`,
  summary: `${act} a grant through its open case (4.4, R27)`,
  params: { type: 'object', properties: { id: { type: 'string' } } },
  'x-body': {
    schema: {
      type: 'object',
      properties: { reason: TEXT, attachments: listOf(DIGEST, 20), digest: DIGEST, ...MEMBERS[act] },
      additionalProperties: false,
    },
    example: { reason: 'used beyond the purpose', ...EXAMPLES[act] },
    ifMatch: true,
  },
  'x-answer': 'GrantFile',
  response: { 200: anything, ...PROBLEMS },
});
