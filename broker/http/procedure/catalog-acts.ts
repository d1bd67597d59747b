import type { FastifyInstance, FastifyRequest } from 'fastify';
import { SluiceError } from '../../../proto/errors.js';
import { isMap } from '../../../proto/values/is-map.js';
import { plainDocument } from '../../ledger/same-document.js';
import { BULK_ROW } from '../../procedure/catalog/entries.js';
import { providerOf } from '../../procedure/catalog/entry-file.js';
import { requireEntryId, validateAhead } from '../../procedure/catalog/entry-text.js';
import { requireShape } from '../../procedure/engine/act-guards.js';
import type { ActAnswer } from '../../procedure/engine/append-once.js';
import { bodySchema } from '../../procedure/engine/body-check.js';
import type { Machine } from '../../procedure/engine/machine.js';
import type { ActCall } from '../../procedure/engine/perform-call.js';
import type { Procedure } from '../../procedure/engine/procedure.js';
import { refuseOne } from '../../procedure/engine/refusals.js';
import type { Fields } from '../../procedure/files/file.js';
import { ENTRY_EXAMPLE } from '../../procedure/published/example-documents.js';
import { callerOf } from '../server/authenticate.js';
import { PROBLEMS } from '../server/problem-schema.js';
import { JSON_TYPE, YAML_TYPE } from '../server/route-rule.js';
import { callOf, sendAnswer } from './act-call.js';
import { ACT_RULE, actRoute, actsOf } from './files.js';

const KIND = 'catalog' as const;
/** An entry of some hundred items, with all that the law asks of each. */
const ENTRY_BYTES_MAX = 1024 * 1024;
const PUT_RULE = { ...ACT_RULE, body: { [JSON_TYPE]: ENTRY_BYTES_MAX, [YAML_TYPE]: ENTRY_BYTES_MAX } };
const BULK_ACTS = ['approve', 'submit', 'publish', 'return'] as const;

type EntryRoute = { Params: { entry: string } };

interface BulkBody extends Fields {
  entries: { id: string; digest?: string; seq?: number }[];
}

/** A draft is laid down, acts on one entry, and acts on many with one signature over the list. */
export function catalogActRoutes(app: FastifyInstance, { procedure }: { procedure: Procedure }): void {
  const machine = procedure.machines.get(KIND) as Machine;
  app.put<EntryRoute>('/v1/catalog/:entry', { schema: PUT, config: PUT_RULE }, async (request, reply) => {
    const { entry } = request.params;
    const officer = await procedure.requireInsider(callerOf(request), 'put', KIND);
    const call = callOf(request);
    if (call.body.id !== entry) throw refuseOne('BAD_REQUEST', 'must be the id of the address', '/id');
    requireEntryId(entry);
    const body = plainDocument(call.body);
    // Ahead of the ledger's turn, and only for who may lay it down: everybody else is refused before it matters.
    if (officer.party === providerOf(entry) && officer.roles.includes('catalog_editor')) await validateAhead(body);
    const answer = await procedure.perform(officer, { ...call, kind: KIND, id: entry, act: 'put', body });
    return sendAnswer(reply, { ...answer, isNew: false });
  });
  for (const act of actsOf(machine)) actRoute(app, procedure, machine, act);
  for (const act of BULK_ACTS) bulkRoute(app, procedure, machine, act);
}

function bulkRoute(
  app: FastifyInstance,
  procedure: Procedure,
  { transitions }: Machine,
  act: (typeof BULK_ACTS)[number],
): void {
  const article = transitions.find((row) => row.act === act)?.article;
  app.post(`/v1/catalog/${act}`, { schema: bulkSchema(act), config: ACT_RULE }, async (request, reply) => {
    const officer = await procedure.requireInsider(callerOf(request), act, KIND);
    const { body, key } = callOf(request);
    requireNoHeader(request);
    requireShape(BULK_ROW, body);
    if (!isMap(body) || body.entries === undefined) throw refuseOne('INCOMPLETE', 'is missing', '/entries', article);
    const together = { ...(key && { key }), isOne: true };
    const [answer] = await procedure.performAll(officer, callsOf(act, body as BulkBody), together);
    return sendAnswer(reply, answer as ActAnswer);
  });
}

function callsOf(act: string, { entries, ...common }: BulkBody): ActCall[] {
  return entries.map(({ id, digest, seq }) => ({
    kind: KIND,
    id,
    act,
    body: { ...common, ...(digest !== undefined && { digest }) },
    ...(seq !== undefined && { ifMatch: seq }),
  }));
}

function requireNoHeader({ headers }: FastifyRequest): void {
  if (headers['if-match'] === undefined || headers['if-match'] === '*') return;
  throw new SluiceError('BAD_REQUEST', 'If-Match is about one file: give `seq` with each entry');
}

const anything = { type: 'object', additionalProperties: true };

const PUT = {
  tags: ['catalog'],
  operationId: 'putCatalog',
  summary: 'Lay down the draft of an entry (E1, E3, E6, E11)',
  description: 'Answers the file with `changed` and `warnings`: what the approval needs and the draft lacks.',
  params: { type: 'object', properties: { entry: { type: 'string' } } },
  'x-body': { schema: { $ref: '#/components/schemas/Entry' }, example: ENTRY_EXAMPLE, ifMatch: true },
  'x-answer': 'DraftFile',
  response: { 200: anything, ...PROBLEMS },
};

const signed = { entries: [{ id: String(ENTRY_EXAMPLE.id), digest: '9b'.repeat(32), seq: 1841 }] };
const named = { entries: [{ id: String(ENTRY_EXAMPLE.id) }] };
const BULK_EXAMPLES = {
  approve: signed,
  submit: named,
  publish: signed,
  return: { ...named, reason: 'the abstract says nothing' },
};

const bulkSchema = (act: (typeof BULK_ACTS)[number]): object => ({
  tags: ['catalog'],
  operationId: `${act}Entries`,
  summary: `${act} up to 1,000 entries: all of them, or none`,
  'x-body': { schema: { ...bodySchema(BULK_ROW), required: ['entries'] }, example: BULK_EXAMPLES[act] },
  'x-answer': 'FileResults',
  response: { 200: anything, ...PROBLEMS },
});
