import type { FastifyContextConfig, FastifyInstance, FastifyRequest } from 'fastify';
import { isFromNothing, type Machine, type Transition } from '../../procedure/engine/machine.js';
import type { Procedure } from '../../procedure/engine/procedure.js';
import { refuseOne } from '../../procedure/engine/refusals.js';
import type { Fields } from '../../procedure/files/file.js';
import type { Kind } from '../../procedure/files/kinds.js';
import { outsidersOf } from '../../procedure/outsiders/outsiders.js';
import { callerOf } from '../server/authenticate.js';
import { PROBLEMS } from '../server/problem-schema.js';
import { JSON_TYPE } from '../server/route-rule.js';
import { callOf, sendAnswer } from './act-call.js';
import { describedBody } from './describe/act-body.js';

/** Acts and their documents. */
const BODY_BYTES_MAX = 1024 * 1024;
const LIMIT_DEFAULT = 100;
const LIMIT_MAX = 1_000;

export const ACT_RULE: FastifyContextConfig = {
  access: 'anybody',
  body: { [JSON_TYPE]: BODY_BYTES_MAX },
  digestsBody: true,
};

/** Kinds whose addresses have forms of their own, in files beside this one. */
const OWN_FORMS: readonly Kind[] = ['catalog', 'grants'];

export interface FileRoutesDeps {
  procedure: Procedure;
}

type ActRoute = { Params: { id: string } };
export type ListRoute = { Querystring: ListQuery };
export interface ListQuery {
  state?: string;
  party?: string;
  entry?: string;
  about?: string;
  'due-before'?: string;
  document?: boolean;
  after?: string;
  limit: number;
}

/** `POST /v1/<kind>`, `POST /v1/<kind>/{id}/<act>`, and the two ways to read files, of every kind that this bus runs. */
export function fileRoutes(app: FastifyInstance, { procedure }: FileRoutesDeps): void {
  for (const machine of procedure.machines.values()) {
    if (!machine.available || OWN_FORMS.includes(machine.kind)) continue;
    makeRoute(app, procedure, machine);
    for (const act of actsOf(machine)) actRoute(app, procedure, machine, act);
    readRoutes(app, procedure, machine);
  }
}

/** Acts that have an address: not those of the bus alone, and not those that have a form of their own. */
export const actsOf = ({ transitions }: Machine): string[] => [
  ...new Set(
    transitions.filter((row) => isCalled(row) && row.act !== 'create' && row.act !== 'put').map(({ act }) => act),
  ),
];
const isCalled = ({ who, isLater }: Transition): boolean => !isLater && who.some((one) => one !== 'bus');

function makeRoute(app: FastifyInstance, procedure: Procedure, machine: Machine): void {
  const { kind, transitions } = machine;
  const row = transitions.find((one) => isFromNothing(one) && isCalled(one));
  if (!row) return;
  app.post<{ Querystring: { dryRun?: boolean } }>(
    `/v1/${kind}`,
    { schema: actSchema(machine, row, 201), config: { ...ACT_RULE, outsiders: outsidersOf(machine, row.act) } },
    async (request, reply) => {
      const { dryRun: isDryRun = false } = request.query;
      const answer = await procedure.perform(callerOf(request), { kind, act: row.act, ...callOf(request), isDryRun });
      return sendAnswer(reply, { ...answer, isNew: answer.isNew && !isDryRun });
    },
  );
}

export function actRoute(app: FastifyInstance, procedure: Procedure, machine: Machine, act: string): void {
  const { kind, transitions } = machine;
  const row = transitions.find((one) => one.act === act) as Transition;
  app.post<ActRoute>(
    `/v1/${kind}/:id/${act}`,
    { schema: actSchema(machine, row, 200), config: { ...ACT_RULE, outsiders: outsidersOf(machine, act) } },
    async (request, reply) => {
      const call = { kind, id: request.params.id, act, ...callOf(request) };
      return sendAnswer(reply, await procedure.perform(callerOf(request), call));
    },
  );
}

function readRoutes(app: FastifyInstance, procedure: Procedure, machine: Machine): void {
  const { kind, isReadOneByOneBy = [] } = machine;
  const outsiders = outsidersOf(machine);
  const listRule = {
    ...({ access: 'anybody', answer: 'list' } as const),
    outsiders: outsiders.filter((role) => !isReadOneByOneBy.includes(role)),
  };
  app.get<ListRoute>(`/v1/${kind}`, { schema: listSchema(kind), config: listRule }, (request) =>
    kind === 'systems'
      ? listSystems(procedure, request)
      : procedure.files.list(callerOf(request), queryOf(kind, request)),
  );
  const readRule = { access: 'anybody' as const, outsiders };
  app.get<ActRoute>(`/v1/${kind}/:id`, { schema: readSchema(kind), config: readRule }, (request) =>
    procedure.files.readWhole(callerOf(request), { kind, id: request.params.id }),
  );
}

/** Files of systems, and `systems` as on a trial bus, where a system may ask too. */
async function listSystems(procedure: Procedure, request: FastifyRequest<ListRoute>): Promise<object> {
  const caller = callerOf(request);
  if (caller.kind === 'system') {
    const { id, party, may } = caller;
    return { systems: [{ id, party, may, hasToken: true }] };
  }
  const query = queryOf('systems', request);
  const { files, ...page } = await procedure.files.list(caller, { ...query, document: true });
  const systems = files.map(({ document, state }) => {
    const { id, party, may } = document as Fields;
    return { id, party, may, hasToken: state === 'in_use' };
  });
  const shown = query.document ? files : files.map(({ document: _, ...answer }) => answer);
  return { files: shown, systems, ...page };
}

/** Throws BAD_REQUEST for what no page has as its `next`. */
function positionOf(after: string): number {
  if (/^[1-9]\d{0,14}$/.test(after)) return Number(after);
  throw refuseOne('BAD_REQUEST', 'after must be the next of a page before');
}

export function queryOf(kind: Kind, { query }: FastifyRequest<ListRoute>) {
  const { state, party, entry, about, 'due-before': dueBefore, document, after, limit } = query;
  return {
    kind,
    limit,
    ...(state !== undefined && { states: state.split(',') }),
    ...(party !== undefined && { sides: [party] }),
    ...(entry !== undefined && { entry }),
    ...(about !== undefined && { about }),
    ...(dueBefore !== undefined && { dueBefore }),
    ...(document !== undefined && { document }),
    ...(after !== undefined && { after: positionOf(after) }),
  };
}

const anything = { type: 'object', additionalProperties: true };
const params = { type: 'object', properties: { id: { type: 'string' } } };
const named = (act: string, kind: string): string =>
  [act, kind].join('-').replace(/-(\w)/g, (_all, letter: string) => letter.toUpperCase());

function actSchema(machine: Machine, row: Transition, status: 200 | 201): object {
  const { kind } = machine;
  const { act, who, number, article } = row;
  return {
    tags: ['procedure'],
    operationId: named(act, kind),
    summary: `${act} (${number}${article === undefined ? '' : `, ${article}`})`,
    description: `For ${who.join(', ')}.`,
    ...(status === 200 ? { params } : { querystring: { type: 'object', properties: { dryRun: { type: 'boolean' } } } }),
    // Published, and judged by the procedure, which names every problem with its article.
    'x-body': describedBody(machine, act),
    'x-answer': kind === 'calendars' && act === 'create' ? 'RecomputedClocks' : 'File',
    response: { [status]: anything, ...PROBLEMS },
  };
}

export const listProperties = {
  state: { type: 'string' },
  party: { type: 'string' },
  entry: { type: 'string' },
  about: { type: 'string' },
  'due-before': { type: 'string', format: 'date' },
  document: { type: 'boolean' },
  after: { type: 'string' },
  limit: { type: 'integer', minimum: 1, maximum: LIMIT_MAX, default: LIMIT_DEFAULT },
};

export const listSchema = (kind: Kind): object => ({
  tags: ['procedure'],
  operationId: named('list', kind),
  summary: `Files of kind ${kind} that the caller may see`,
  querystring: {
    type: 'object',
    properties: listProperties,
    additionalProperties: false,
  },
  'x-answer': kind === 'grants' ? 'GrantFiles' : 'FileList',
  response: { 200: anything, ...PROBLEMS },
});

const readSchema = (kind: Kind): object => ({
  tags: ['procedure'],
  operationId: named('get', kind),
  summary: `A file of kind ${kind} with its document and history`,
  params,
  'x-answer': 'WholeFile',
  response: { 200: anything, ...PROBLEMS },
});
