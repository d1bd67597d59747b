import { DELIVERED_OPS, SOURCE_OPS } from '../event/event.js';
import { type HttpSchema, listOf, objectOf, ref } from './document-schemas.js';

const string = { type: 'string' };
const boolean = { type: 'boolean' };
const integer = { type: 'integer' };
const time = { type: 'string', format: 'date-time' };
const strings = { type: 'array', items: string };
const anything = { type: 'object', additionalProperties: true };
const integerOrNull = { type: ['integer', 'null'] };
const stringOrNull = { type: ['string', 'null'] };

/** Body of an act that needs a reason and nothing else. */
export const REASON_BODY: HttpSchema = {
  ...objectOf({ reason: { type: 'string', minLength: 1, maxLength: 2000 } }, ['reason']),
  additionalProperties: false,
};

/** Schemas of events and of answers. docs/protocol.md explains the fields. */
export const ANSWER_SCHEMAS: Record<string, HttpSchema> = {
  SourceEvent: {
    ...objectOf(
      {
        specversion: { type: 'string', const: '1.0' },
        id: string,
        type: { type: 'string', description: 'the entry id' },
        op: { type: 'string', enum: [...SOURCE_OPS] },
        subject: string,
        time,
        source: string,
        data: anything,
        previous: anything,
        sourceposition: string,
        sourceepoch: string,
        snapshotid: string,
        corrects: integer,
        traceparent: { type: 'string', description: 'W3C Trace Context: linked, never delivered' },
        tracestate: string,
        datacontenttype: { type: 'string', description: 'ignored, as is dataschema: the catalog defines the content' },
        dataschema: string,
      },
      ['specversion', 'id', 'type', 'op'],
    ),
    additionalProperties: false,
  },
  SourceEventBatch: listOf(ref('SourceEvent')),
  PublishResult: {
    ...objectOf({ id: string, line: integer, position: integer, duplicate: boolean, problem: ref('Problem') }),
    description: 'id and position of a stored event, or the problem of a refused one',
  },
  DeliveredEvent: objectOf(
    {
      id: { type: 'string', description: '<entry>@<position>' },
      position: integer,
      type: string,
      time,
      op: { type: 'string', enum: [...DELIVERED_OPS] },
      subject: string,
      data: anything,
      snapshotid: string,
      corrects: integer,
    },
    ['id', 'position', 'type', 'time', 'op'],
  ),
  PageEnd: objectOf({ through: integer, log: string, caughtUp: boolean }, ['through', 'log', 'caughtUp']),
  QuarantinedEvent: objectOf({ sequence: integer, problem: ref('Problem'), event: anything, acceptedAt: time }),
  QuarantinePage: objectOf({ events: listOf(ref('QuarantinedEvent')) }, ['events']),
  Ticket: objectOf({ ticket: string, expiresAt: time }, ['ticket', 'expiresAt']),
  CursorPosition: objectOf({ position: integer }, ['position']),
  Cursor: objectOf({ name: string, position: integerOrNull, log: string, updatedAt: string, connected: boolean }),
  CursorList: objectOf({ log: string, end: integer, cursors: listOf(ref('Cursor')) }, ['cursors']),
  MovedCursor: objectOf({
    from: integerOrNull,
    to: integer,
    log: string,
    skipped: { type: ['object', 'null'], properties: { from: integer, through: integer } },
  }),
  CursorLag: objectOf({
    grant: string,
    party: string,
    system: string,
    entry: string,
    cursor: string,
    connected: boolean,
    position: integerOrNull,
    end: integer,
    unacknowledged: integer,
    more: boolean,
    oldestAt: stringOrNull,
    lastAckAt: stringOrNull,
  }),
  Lag: objectOf({ cursors: listOf(ref('CursorLag')), next: string }, ['cursors']),
  DeadLetter: objectOf({ position: integer, log: string, cursor: string, reason: string, rejectedAt: time }),
  GrantPage: objectOf({ grants: listOf(ref('Grant')), next: string }, ['grants']),
  CreatedGrant: objectOf({ grant: ref('Grant'), changed: boolean, warnings: strings }, [
    'grant',
    'changed',
    'warnings',
  ]),
  BundleDifference: objectOf(
    {
      dryRun: boolean,
      create: strings,
      update: strings,
      unchanged: integer,
      warnings: strings,
      tokens: { type: 'object', additionalProperties: string },
    },
    ['dryRun', 'create', 'update', 'unchanged', 'warnings', 'tokens'],
  ),
  EntrySummary: objectOf({ id: string, version: integer, publishedAt: time, sharingAttribute: string }, ['id']),
  CatalogPage: objectOf({ entries: listOf(ref('EntrySummary')), next: string }, ['entries']),
  DraftResult: objectOf({ changed: boolean, warnings: strings }, ['changed', 'warnings']),
  WithdrawnEntry: objectOf({ id: string, status: string }, ['id', 'status']),
  RenewedSystemToken: objectOf({ system: string, token: string }, ['system', 'token']),
  RenewedOfficerToken: objectOf({ officer: string, token: string }, ['officer', 'token']),
  Whoami: objectOf({ kind: string, id: string, party: string, may: strings, roles: strings, mode: string }),
  SystemList: objectOf({ systems: listOf(ref('RegisteredSystem')) }, ['systems']),
  RegisteredSystem: objectOf({ id: string, party: string, may: strings, hasToken: boolean }, ['id', 'party', 'may']),
  StoreUsage: objectOf({ capacity: integerOrNull, free: integerOrNull, streams: listOf(ref('StreamUsage')) }, [
    'streams',
  ]),
  StreamUsage: objectOf({ name: string, messages: integer, used: integer, limit: integerOrNull }, ['name', 'used']),
  LedgerRecord: objectOf({ seq: integer, time, kind: string, id: string, act: string, actor: string }),
  LedgerPage: objectOf({ records: listOf(ref('LedgerRecord')) }, ['records']),
  LedgerVerification: objectOf({ records: integer, head: string, brokenAt: integer, why: string }),
  Disclosures: objectOf({ disclosures: listOf(anything), formerLives: listOf(anything) }, ['disclosures']),
  Health: objectOf({ status: string }, ['status']),
  Readiness: objectOf({ status: string, notices: strings, warnings: strings }, ['status']),
  Reason: REASON_BODY,
};
