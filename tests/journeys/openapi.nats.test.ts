import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import t from 'tap';
import { startBroker } from '../support/broker/broker.js';

const SOURCE = 'source-token-of-this-test-0123456789';
const READER = 'reader-token-of-this-test-0123456789';
const ENTRY = 'registry.person';
const period = { from: '2020-01-01', to: '2099-12-31' };
const GRANT = { id: 'g', system: 'reader', entry: ENTRY, items: [{ name: 'key' }], purpose: 'p', basis: 'b', period };
const ENTRY_DOCUMENT = {
  id: ENTRY,
  name: 'Persons',
  sharingAttribute: 'conditional',
  items: [
    { name: 'key', type: 'string', identifier: true },
    { name: 'district', type: 'code', filterable: true },
  ],
};
const BUNDLE = {
  parties: ['registry', 'readers'].map((id) => ({ id, name: id, level: 'city', regionCode: '350100' })),
  systems: [
    { id: 'source', party: 'registry', may: ['publish'], token: SOURCE },
    { id: 'reader', party: 'readers', may: ['subscribe'], token: READER },
  ],
  officers: [{ id: 'clerk', party: 'registry', roles: ['auditor'] }],
  entries: [ENTRY_DOCUMENT, { ...ENTRY_DOCUMENT, id: 'registry.closed' }],
  grants: [{ ...GRANT, history: 'all' }],
};
const event = (key: string) => ({ specversion: '1.0', id: key, type: ENTRY, op: 'create', data: { key } });
const REASON = { reason: 'a test' };

interface Call {
  path: string;
  token?: string | undefined;
  body?: unknown;
  type?: string;
  accept?: string;
}

/** A call of each operation that succeeds, in an order that makes them succeed; several of an operation where media differ. */
const CALLS: [operation: string, call: Call][] = [
  ['applyBundle', { path: '/v1/bundles', body: BUNDLE }],
  ['publishEvents', { path: '/v1/events', token: SOURCE, body: event('a'), type: 'application/cloudevents+json' }],
  ['publishEvents', { path: '/v1/events', token: SOURCE, body: event('a') }],
  [
    'publishEvents',
    { path: '/v1/events', token: SOURCE, body: [event('b')], type: 'application/cloudevents-batch+json' },
  ],
  ['publishEvents', { path: '/v1/events', token: SOURCE, body: event('c'), type: 'application/x-ndjson' }],
  ['listQuarantine', { path: `/v1/quarantine?entry=${ENTRY}`, token: SOURCE }],
  ['createTicket', { path: '/v1/tickets', token: READER }],
  ['readEvents', { path: '/v1/grants/g/events?from=earliest&limit=1', token: READER }],
  ['getGrantSchema', { path: '/v1/grants/g/schema.json', token: READER }],
  ['getGrantProto', { path: '/v1/grants/g/event.proto', token: READER }],
  ['getGrantAsyncApi', { path: '/v1/grants/g/asyncapi.json', token: READER }],
  ['acknowledge', { path: '/v1/grants/g/cursors/default', token: READER, body: { position: 1 } }],
  ['listCursors', { path: '/v1/grants/g/cursors', token: READER }],
  ['readLag', { path: '/v1/lag?grant=g', token: READER }],
  ['moveCursor', { path: '/v1/grants/g/cursors/default', token: READER, body: { to: 'earliest', ...REASON } }],
  ['removeCursor', { path: '/v1/grants/g/cursors/default', token: READER, body: REASON }],
  ['listDeadLetters', { path: '/v1/grants/g/dead-letters', token: READER }],
  ['listGrants', { path: '/v1/grants' }],
  ['getGrant', { path: '/v1/grants/g' }],
  ['createGrant', { path: '/v1/grants', body: { ...GRANT, id: 'g-2' } }],
  ['createGrant', { path: '/v1/grants', body: { ...GRANT, id: 'g-2' } }],
  ['suspendGrant', { path: '/v1/grants/g-2/suspend', body: REASON }],
  ['restoreGrant', { path: '/v1/grants/g-2/restore', body: REASON }],
  ['terminateGrant', { path: '/v1/grants/g-2/terminate', body: REASON }],
  ['searchCatalog', { path: '/v1/catalog?q=person', token: READER }],
  ['getEntry', { path: `/v1/catalog/${ENTRY}`, token: READER }],
  ['getEntrySchema', { path: `/v1/catalog/${ENTRY}/schema.json`, token: READER }],
  ['getEntryProto', { path: `/v1/catalog/${ENTRY}/event.proto`, token: READER }],
  ['getEntryAsyncApi', { path: `/v1/catalog/${ENTRY}/asyncapi.json`, token: READER }],
  ['putDraft', { path: `/v1/catalog/${ENTRY}`, body: { ...ENTRY_DOCUMENT, abstract: 'all of them' } }],
  ['getDraft', { path: `/v1/catalog/${ENTRY}/draft` }],
  ['publishEntry', { path: `/v1/catalog/${ENTRY}/publish` }],
  ['withdrawEntry', { path: '/v1/catalog/registry.closed/withdraw', body: REASON }],
  ['getFramesProto', { path: '/v1/frames.proto', token: undefined }],
  ['whoami', { path: '/v1/whoami', token: READER }],
  ['listSystems', { path: '/v1/systems' }],
  ['readStore', { path: '/v1/store' }],
  ['readClock', { path: '/v1/clock' }],
  ['readLedger', { path: '/v1/ledger?limit=5' }],
  ['verifyLedger', { path: '/v1/ledger/verify' }],
  ['findDisclosures', { path: `/v1/disclosures?entry=${ENTRY}&subject=a` }],
  ['readMetrics', { path: '/metrics' }],
  ['readGrantMetrics', { path: '/metrics/grants' }],
  ['getHealth', { path: '/healthz' }],
  ['getReadiness', { path: '/readyz' }],
  ['renewSystemToken', { path: '/v1/systems/source/renew-token' }],
  ['renewOfficerToken', { path: '/v1/officers/clerk/renew-token' }],
];
/** Operations that these calls cannot make succeed: dead letters take a session. */
const NOT_CALLED = ['dropDeadLetter', 'redriveDeadLetter'];

interface Operation {
  operationId?: string;
  summary?: string;
  description?: string;
  security?: object[];
  tags?: string[];
  requestBody?: { content: Record<string, { schema?: object }> };
  responses: Record<string, { content?: Record<string, { schema: object }> }>;
}

t.test('the OpenAPI document describes every route, and the answers of the broker are as it says', async (t) => {
  const { url, operatorToken } = await startBroker(t);
  const document = (await (await fetch(`${url}/docs/json`)).json()) as {
    paths: Record<string, Record<string, Operation>>;
    tags: { name: string }[];
  };
  const ajv = new Ajv2020({ strict: false });
  (formats as unknown as (ajv: Ajv2020) => void)(ajv);
  ajv.addSchema(document, 'openapi');
  const validates = (schema: object, value: unknown): string => {
    const text = JSON.stringify(schema).replaceAll('"#/', '"openapi#/');
    return ajv.validate(JSON.parse(text), value) ? '' : ajv.errorsText();
  };
  const operations = new Map<string, { method: string; operation: Operation }>();
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const what = `${method} ${path}`;
      t.ok(operation.operationId && operation.summary && operation.description && operation.security, what);
      t.ok(
        document.tags.some(({ name }) => name === operation.tags?.[0]),
        `${what}: its tag is described`,
      );
      for (const [type, { schema }] of Object.entries(operation.requestBody?.content ?? {}))
        t.ok(schema, `${what} ${type}`);
      t.notOk(operations.has(operation.operationId as string), `${what}: its operationId is unique`);
      operations.set(operation.operationId as string, { method, operation });
    }
  }
  for (const [id, { path, token = operatorToken, body, type = 'application/json' }] of CALLS) {
    const { method, operation } = operations.get(id) as { method: string; operation: Operation };
    const headers: Record<string, string> = { authorization: `Bearer ${token}` };
    if (body !== undefined) {
      headers['content-type'] = type;
      t.ok(operation.requestBody?.content[type], `${id} takes ${type}`);
    }
    const answer = await fetch(`${url}${path}`, {
      method: method.toUpperCase(),
      headers,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    const described = operation.responses[String(answer.status)];
    t.ok(answer.ok && described, `${id}: status ${answer.status} is described; ${answer.ok ? '' : text}`);
    const mediaType = answer.headers.get('content-type')?.split(';')[0] ?? '';
    if (answer.status === 204) continue;
    const schema = described?.content?.[mediaType]?.schema;
    t.ok(schema, `${id}: ${mediaType} is described`);
    if (schema && /[/+]json$/.test(mediaType)) t.equal(validates(schema, JSON.parse(text)), '', `${id}: body`);
  }
  const called = new Set(CALLS.map(([id]) => id));
  const uncalled = [...operations.keys()].filter((id) => !called.has(id) && !NOT_CALLED.includes(id));
  t.same(uncalled, [], 'every operation was called');
});
