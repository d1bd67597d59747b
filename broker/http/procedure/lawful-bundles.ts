import type { FastifyContextConfig, FastifyInstance } from 'fastify';
import { type LawfulProblem, SluiceError } from '../../../proto/errors.js';
import { isMap } from '../../../proto/values/is-map.js';
import { sameDocument } from '../../ledger/same-document.js';
import type { Caller } from '../../parties/caller.js';
import type { Parties } from '../../parties/parties.js';
import type { PartyDocument } from '../../parties/party.js';
import type { ActCall } from '../../procedure/engine/perform-call.js';
import type { Procedure } from '../../procedure/engine/procedure.js';
import { problem, refuse } from '../../procedure/engine/refusals.js';
import type { Fields } from '../../procedure/files/file.js';
import { callerOf } from '../server/authenticate.js';
import { PROBLEMS } from '../server/problem-schema.js';
import { JSON_TYPE, YAML_TYPE } from '../server/route-rule.js';
import { keyOf, sendAnswer } from './act-call.js';

export interface LawfulBundleDeps {
  procedure: Procedure;
  parties: Parties;
}

const RULE: FastifyContextConfig = {
  access: { officer: 'bundle.apply' },
  outsiders: ['platform_operator'],
  body: { [JSON_TYPE]: 16 * 1024 * 1024, [YAML_TYPE]: 4 * 1024 * 1024 },
  digestsBody: true,
};

/** Parts of a bundle that only a trial bus takes, with code and article of the refusal. */
const REFUSED = new Map([
  ['systems', ['NOT_YOUR_ROLE', 'R36']],
  ['officers', ['NOT_YOUR_ROLE', 'R36']],
  ['entries', ['TRIAL_ONLY', 'R16']],
  ['grants', ['TRIAL_ONLY', 'R32']],
] as const);

type Route = { Querystring: { dryRun: boolean } };
/** Registers a party, or describes the one of that id. */
type PartyCall = Pick<ActCall, 'id' | 'act' | 'body' | 'isDryRun'> & { kind: 'parties' };

/** On a registered bus a bundle registers parties, and nothing else: everything else has its own procedure. */
export function lawfulBundleRoutes(app: FastifyInstance, { procedure, parties }: LawfulBundleDeps): void {
  app.post<Route>('/v1/bundles', { schema: SCHEMA, config: RULE }, async (request, reply) => {
    const caller = callerOf(request);
    const key = keyOf(request);
    const before = await procedure.answered(caller, key);
    if (before) return sendAnswer(reply, before);
    await refuseOtherParts(procedure, caller, request.body);
    const documents = superiorsFirst(partiesOf(request.body));
    const { dryRun } = request.query;
    const calls = documents.flatMap((document): PartyCall[] => {
      const id = String(document.id);
      const stored = parties.get(id);
      const call = { kind: 'parties' as const, isDryRun: dryRun };
      if (!stored) return [{ ...call, act: 'create', body: document }];
      const body = changed(document, stored);
      return Object.keys(body).length > 0 ? [{ ...call, act: 'change', id, body }] : [];
    });
    const names = (acts: string): string[] =>
      calls.filter(({ act }) => act === acts).map(({ id, body }) => `party ${id ?? String(body.id)}`);
    const counts = { create: names('create'), update: names('change'), unchanged: documents.length - calls.length };
    const body = { dryRun, ...counts, warnings: [], tokens: {} };
    const together = { ...(key && { key }), whole: () => body };
    const [answer] = calls.length > 0 ? await procedure.performAll(caller, calls, together).catch(asBundle) : [];
    return sendAnswer(reply, answer ?? { body, isReplayed: false, isNew: false });
  });
}

/** Throws for a bundle that appoints, publishes or grants; to appoint is not the operator's, so that the attempt is on record. */
async function refuseOtherParts(procedure: Procedure, caller: Caller, bundle: unknown): Promise<void> {
  if (!isMap(bundle)) return;
  const problems = [...REFUSED].flatMap(([part, [code, article]]): LawfulProblem[] => {
    const list = bundle[part];
    if (!Array.isArray(list) || list.length === 0) return [];
    return [problem(`/${part}`, code, 'a bundle of a registered bus holds parties only', article)];
  });
  if (problems.length === 0) return;
  const refusal = refuse(problems);
  if (refusal.code === 'TRIAL_ONLY') throw refusal;
  await procedure.refuseOutsider(caller, 'create', refusal);
}

/** Throws for a bundle that is no list of parties. */
function partiesOf(bundle: unknown): Fields[] {
  if (!isMap(bundle)) throw new SluiceError('BUNDLE_INVALID', 'the bundle must be a map', { problems: [] });
  const unknown = Object.keys(bundle).filter((part) => part !== 'parties' && !REFUSED.has(part as never));
  if (unknown.length > 0) {
    const problems = unknown.map((part) => `${part.slice(0, 64)}: is not a known field`);
    throw new SluiceError('BUNDLE_INVALID', problems.join('; '), { problems });
  }
  const { parties = [] } = bundle;
  if (!Array.isArray(parties) || !parties.every(isMap)) {
    throw new SluiceError('BUNDLE_INVALID', 'parties: must be a list of maps', {
      problems: ['parties: must be a list of maps'],
    });
  }
  const again = parties.findIndex(({ id }, index) => parties.findIndex((one) => one.id === id) < index);
  if (again >= 0) {
    const problems = [`parties.${again}.id: a party of this id stands in the bundle already`];
    throw new SluiceError('BUNDLE_INVALID', problems.join('; '), { problems });
  }
  return parties as Fields[];
}

/** In an order in which each superior comes before those below it; what is in a circle comes last, and is refused. */
function superiorsFirst(parties: readonly Fields[]): Fields[] {
  const ordered: Fields[] = [];
  const ids = new Set(parties.map(({ id }) => id));
  const placed = new Set<unknown>();
  for (let left = [...parties]; left.length > 0; ) {
    const ready = left.filter(({ superior }) => !ids.has(superior) || placed.has(superior));
    if (ready.length === 0) return [...ordered, ...left];
    for (const one of ready) placed.add(one.id);
    ordered.push(...ready);
    left = left.filter((one) => !placed.has(one.id));
  }
  return ordered;
}

/** Members that the bundle changes of a registered party; the act refuses those that stay as they were registered. */
function changed({ id: _, ...given }: Fields, stored: PartyDocument): Fields {
  const known = stored as unknown as Fields;
  return Object.fromEntries(
    Object.entries(given).filter(([name, value]) => value !== undefined && !sameDocument(known[name], value)),
  );
}

/** Problems of a bundle are texts, as they were before the procedure. */
function asBundle(error: unknown): never {
  if (
    !(error instanceof SluiceError) ||
    !['BAD_REQUEST', 'INCOMPLETE', 'NOT_A_PARTY', 'BUNDLE_INVALID'].includes(error.code)
  )
    throw error;
  const problems = (error.where.problems ?? []).map((one) =>
    typeof one === 'string' ? one : `parties${one.path.replace(/^\/entries/, '').replaceAll('/', '.')}: ${one.text}`,
  );
  const { article } = error.where;
  throw new SluiceError('BUNDLE_INVALID', problems.join('; '), { problems, ...(article !== undefined && { article }) });
}

const SCHEMA = {
  tags: ['administration'],
  operationId: 'applyBundle',
  summary: 'Register and describe the parties of a bundle',
  querystring: {
    type: 'object',
    properties: { dryRun: { type: 'boolean', default: false } },
    additionalProperties: false,
  },
  response: { 200: { type: 'object', additionalProperties: true }, ...PROBLEMS },
};
