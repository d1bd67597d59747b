import type { FastifyInstance } from 'fastify';
import { SluiceError } from '../../../proto/errors.js';
import type { Caller } from '../../parties/caller.js';
import { AND_SUSPENDS } from '../../procedure/cases/cases.js';
import type { ActAnswer } from '../../procedure/engine/append-once.js';
import { DIGEST, listOf, TEXT } from '../../procedure/engine/body-check.js';
import type { ActCall, Procedure } from '../../procedure/engine/procedure.js';
import { refuseOne } from '../../procedure/engine/refusals.js';
import type { Fields } from '../../procedure/files/file.js';
import { OPEN_CASE_STATES } from '../../procedure/grants/disposal.js';
import { callerOf } from '../server/authenticate.js';
import { PROBLEMS } from '../server/problem-schema.js';
import { callOf, sendAnswer } from './act-call.js';
import { ACT_RULE } from './files.js';

type Act = 'suspend' | 'restore' | 'terminate';
type Call = Pick<ActCall, 'body' | 'ifMatch' | 'key'>;

interface OpenCase {
  id: string;
  state: string;
  document: { proofs?: { seq: number }[] };
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
        const { isReplayed } = await actOnCase(procedure, caller, { id, act, ...callOf(request) });
        const { answer } = await procedure.read(caller, { kind: 'grants', id });
        return sendAnswer(reply, { body: answer, isNew: false, isReplayed });
      },
    );
  }
}

async function actOnCase(
  procedure: Procedure,
  caller: Caller,
  { id, act, body, ifMatch, key }: Call & { id: string; act: Act },
): Promise<ActAnswer> {
  const { file, answer } = await procedure.read(caller, { kind: 'grants', id });
  requireMembers(act, body);
  if (ifMatch !== undefined && ifMatch !== file.seq) {
    throw new SluiceError('STALE', `grants/${id} was changed by record ${file.seq}`, { current: answer, problems: [] });
  }
  const open = await openCase(procedure, caller, id);
  const { ground = 'incident', missed = 'skip', finding, reason, attachments } = body;
  const common = { ...(reason !== undefined && { reason }), ...(attachments !== undefined && { attachments }) };
  const call = { kind: 'cases' as const, ...(key && { key }) };
  if (act === 'suspend' && !open) {
    const made = { grant: id, ground, evidence: reason ?? '-', [AND_SUSPENDS]: true };
    return procedure.perform(caller, { ...call, act: 'create', body: { ...common, ...made } });
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
  const { files } = await procedure.list(caller, { ...query, document: true });
  return files[0] as OpenCase | undefined;
}

/** Shape of the body; the case judges what is common to all acts. */
function requireMembers(act: Act, body: Fields): void {
  const known = ['reason', 'attachments', 'digest', ...Object.keys(MEMBERS[act])];
  for (const name of Object.keys(body)) {
    if (!known.includes(name)) throw refuseOne('BAD_REQUEST', 'is not a known field', `/${name.slice(0, 64)}`);
  }
  for (const [name, { enum: words }] of Object.entries(MEMBERS[act]) as [string, { enum: string[] }][]) {
    if (body[name] !== undefined && !words.includes(String(body[name]))) {
      throw refuseOne('BAD_REQUEST', `must be one of ${words.join(', ')}`, `/${name}`);
    }
  }
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
