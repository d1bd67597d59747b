import { type HttpSchema, listOf, ref } from '../../../proto/http/document-schemas.js';

/** Parts of an operation that its route does not state: names, schemas by media type, examples. */
export interface OperationParts {
  operationId: string;
  /** Schema of a body, by media type; a type that the route takes and that is missing here is described as JSON. */
  body?: Record<string, HttpSchema>;
  bodyExample?: unknown;
  /** Status → media type → schema, of answers of success. */
  answers: Record<number, Record<string, HttpSchema>>;
}

const JSON_TYPE = 'application/json';
const NDJSON_TYPE = 'application/x-ndjson';
const string: HttpSchema = { type: 'string' };
const anything: HttpSchema = { type: 'object', additionalProperties: true };
const json = (schema: HttpSchema, status = 200) => ({ [status]: { [JSON_TYPE]: schema } });
const answer = (operationId: string, schema: HttpSchema): OperationParts => ({ operationId, answers: json(schema) });
const file = (operationId: string, mediaType: string, schema: HttpSchema): OperationParts => ({
  operationId,
  answers: { 200: { [mediaType]: schema } },
});
/** JSON Schema knows no lines: `contentSchema` describes them as the elements of an array (docs/decisions/0110). */
const lines = (description: string, line: HttpSchema): HttpSchema => ({
  type: 'string',
  description,
  contentMediaType: NDJSON_TYPE,
  contentSchema: listOf(line),
});
const act = (operationId: string, schema: HttpSchema): OperationParts => ({
  operationId,
  body: { [JSON_TYPE]: ref('Reason') },
  bodyExample: { reason: 'purpose under review' },
  answers: json(schema),
});

const EVENT_EXAMPLE = {
  specversion: '1.0',
  id: 'b-20261122-0001',
  type: 'fujian-civil-affairs.birth',
  op: 'create',
  data: { idNumber: '350102202611220014', name: '陈小明', birthDate: '2026-11-22', regionCode: '350102' },
};
const EVENTS: OperationParts = {
  operationId: 'publishEvents',
  body: {
    'application/cloudevents+json': ref('SourceEvent'),
    // A plain array makes openapi-python-client generate code that fails for every body (docs/decisions/0110).
    'application/cloudevents-batch+json': { allOf: [ref('SourceEventBatch'), { minItems: 1 }] },
    // An array is accepted as well; it is described by the type above.
    [JSON_TYPE]: ref('SourceEvent'),
    [NDJSON_TYPE]: lines('one SourceEvent per line', ref('SourceEvent')),
  },
  bodyExample: EVENT_EXAMPLE,
  answers: {
    200: {
      [JSON_TYPE]: { oneOf: [ref('PublishResult'), listOf(ref('PublishResult'))] },
      [NDJSON_TYPE]: lines('one PublishResult per line', ref('PublishResult')),
    },
    201: { [JSON_TYPE]: ref('PublishResult') },
  },
};

/** `METHOD path` → its parts. A test demands an entry for each route and holds the answers of the broker to it. */
export const OPERATIONS: Record<string, OperationParts> = {
  'POST /v1/events': EVENTS,
  'GET /v1/quarantine': answer('listQuarantine', ref('QuarantinePage')),
  'POST /v1/tickets': { operationId: 'createTicket', answers: json(ref('Ticket'), 201) },
  'GET /v1/grants/{grant}/events': {
    operationId: 'readEvents',
    answers: {
      200: {
        [NDJSON_TYPE]: lines('one DeliveredEvent per line; the last line is a PageEnd', {
          anyOf: [ref('DeliveredEvent'), ref('PageEnd')],
        }),
        'text/event-stream': { type: 'string', description: 'server-sent events' },
      },
    },
  },
  'GET /v1/grants/{grant}/schema.json': file('getGrantSchema', 'application/schema+json', anything),
  'GET /v1/grants/{grant}/event.proto': file('getGrantProto', 'text/plain', string),
  'GET /v1/grants/{grant}/asyncapi.json': answer('getGrantAsyncApi', anything),
  'POST /v1/grants/{grant}/cursors/{cursor}': {
    operationId: 'acknowledge',
    bodyExample: { position: 1077, log: 'Wm1vX3Rlc3Qx' },
    answers: json(ref('CursorPosition')),
  },
  'PUT /v1/grants/{grant}/cursors/{cursor}': {
    operationId: 'moveCursor',
    bodyExample: { to: 'earliest', reason: 'the copy was lost' },
    answers: json(ref('MovedCursor')),
  },
  'DELETE /v1/grants/{grant}/cursors/{cursor}': {
    operationId: 'removeCursor',
    bodyExample: { reason: 'no longer used' },
    answers: { 204: {} },
  },
  'GET /v1/grants/{grant}/cursors': answer('listCursors', ref('CursorList')),
  'GET /v1/lag': answer('readLag', ref('Lag')),
  'GET /v1/grants/{grant}/dead-letters': answer('listDeadLetters', listOf(ref('DeadLetter'))),
  'DELETE /v1/grants/{grant}/dead-letters/{position}': { operationId: 'dropDeadLetter', answers: { 204: {} } },
  'POST /v1/grants/{grant}/dead-letters/{position}/redrive': answer('redriveDeadLetter', ref('DeliveredEvent')),
  'POST /v1/systems/{id}/renew-token': answer('renewSystemToken', ref('RenewedSystemToken')),
  'POST /v1/officers/{id}/renew-token': answer('renewOfficerToken', ref('RenewedOfficerToken')),
  'GET /v1/whoami': answer('whoami', ref('Whoami')),
  'GET /v1/store': answer('readStore', ref('StoreUsage')),
  'GET /v1/systems': answer('listSystems', ref('SystemList')),
  'GET /v1/grants': answer('listGrants', ref('GrantPage')),
  'POST /v1/grants': {
    operationId: 'createGrant',
    body: { [JSON_TYPE]: ref('NewGrant') },
    answers: { ...json(ref('CreatedGrant')), ...json(ref('CreatedGrant'), 201) },
  },
  'GET /v1/grants/{grant}': answer('getGrant', ref('Grant')),
  'POST /v1/grants/{grant}/suspend': act('suspendGrant', ref('Grant')),
  'POST /v1/grants/{grant}/restore': act('restoreGrant', ref('Grant')),
  'POST /v1/grants/{grant}/terminate': act('terminateGrant', ref('Grant')),
  'POST /v1/bundles': {
    operationId: 'applyBundle',
    body: { [JSON_TYPE]: ref('Bundle'), 'application/yaml': ref('Bundle') },
    answers: json(ref('BundleDifference')),
  },
  'GET /v1/catalog': answer('searchCatalog', ref('CatalogPage')),
  'GET /v1/catalog/{entry}': answer('getEntry', ref('EntryVersion')),
  'PUT /v1/catalog/{entry}': {
    operationId: 'putDraft',
    body: { [JSON_TYPE]: ref('Entry'), 'application/yaml': ref('Entry') },
    answers: json(ref('DraftResult')),
  },
  'GET /v1/catalog/{entry}/draft': answer('getDraft', ref('Entry')),
  'POST /v1/catalog/{entry}/publish': answer('publishEntry', ref('EntryVersion')),
  'POST /v1/catalog/{entry}/withdraw': act('withdrawEntry', ref('WithdrawnEntry')),
  'GET /v1/catalog/{entry}/schema.json': file('getEntrySchema', 'application/schema+json', anything),
  'GET /v1/catalog/{entry}/event.proto': file('getEntryProto', 'text/plain', string),
  'GET /v1/catalog/{entry}/asyncapi.json': answer('getEntryAsyncApi', anything),
  'GET /v1/frames.proto': file('getFramesProto', 'text/plain', string),
  'GET /v1/ledger': answer('readLedger', ref('LedgerPage')),
  'GET /v1/ledger/verify': answer('verifyLedger', ref('LedgerVerification')),
  'GET /v1/disclosures': answer('findDisclosures', ref('Disclosures')),
  'GET /metrics': file('readMetrics', 'text/plain', string),
  'GET /metrics/grants': file('readGrantMetrics', 'text/plain', string),
  'GET /healthz': answer('getHealth', ref('Health')),
  'GET /readyz': answer('getReadiness', ref('Readiness')),
};
