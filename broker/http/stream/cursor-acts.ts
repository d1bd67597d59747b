import type { FastifyInstance } from 'fastify';
import type { CursorActs } from '../../stream/cursors/cursor-acts.js';
import { sendList } from '../answers/json-list.js';
import { callerOf } from '../server/authenticate.js';
import { PROBLEMS } from '../server/problem-schema.js';
import { SMALL_JSON } from '../server/route-rule.js';
import { parseFrom } from './page-query.js';

export interface CursorActRoutesDeps {
  cursorActs: CursorActs;
}

type Params = { grant: string; cursor: string };
type MoveRoute = { Params: Params; Body: { to: number | string; reason: string } };
type RemoveRoute = { Params: Params; Body: { reason: string } };

/** Systems and officers of the subscriber: which of them may act is decided by the grant. */
const ANYBODY = { access: 'anybody' } as const;
const ACT = { ...ANYBODY, body: SMALL_JSON };

/** People list, move and remove cursors; programs acknowledge. */
export function cursorActRoutes(app: FastifyInstance, { cursorActs }: CursorActRoutesDeps): void {
  app.get<{ Params: { grant: string } }>(
    '/v1/grants/:grant/cursors',
    { schema: LIST, config: { ...ANYBODY, answer: 'list' } },
    async (request, reply) => {
      const { cursors, ...rest } = await cursorActs.list(callerOf(request), request.params.grant);
      return sendList(reply, 'cursors', cursors, rest);
    },
  );
  app.put<MoveRoute>('/v1/grants/:grant/cursors/:cursor', { schema: MOVE, config: ACT }, (request) => {
    const { to, reason } = request.body;
    return cursorActs.move({ caller: callerOf(request), ...request.params, reason }, parseFrom(String(to), undefined));
  });
  app.delete<RemoveRoute>(
    '/v1/grants/:grant/cursors/:cursor',
    { schema: REMOVE, config: ACT },
    async (request, reply) => {
      await cursorActs.remove({ caller: callerOf(request), ...request.params, reason: request.body.reason });
      return reply.code(204).send();
    },
  );
}

const cursorParams = {
  type: 'object',
  properties: { grant: { type: 'string' }, cursor: { type: 'string', pattern: '^[A-Za-z0-9_-]{1,64}$' } },
};
const reason = { type: 'string', minLength: 1, maxLength: 1000, description: 'goes on the ledger' };
const position = { type: ['integer', 'null'] };

const LIST = {
  tags: ['grants'],
  summary: 'The cursors of a grant with their positions',
  params: { type: 'object', properties: { grant: { type: 'string' } } },
  response: {
    200: {
      type: 'object',
      properties: {
        log: { type: 'string' },
        end: { type: 'integer' },
        cursors: {
          type: 'array',
          items: {
            type: 'object',
            properties: {
              name: { type: 'string' },
              position,
              log: { type: 'string' },
              updatedAt: { type: 'string' },
              connected: { type: 'boolean' },
            },
          },
        },
      },
    },
    ...PROBLEMS,
  },
};

const MOVE = {
  tags: ['grants'],
  summary: 'Move a cursor to another position',
  description:
    'An act of the subscriber’s own system or officers, on the ledger. A live session of the cursor ends with SUPERSEDED. ' +
    'Positions that are jumped over are recorded as skipped: neither delivered nor acknowledged.',
  params: cursorParams,
  body: {
    type: 'object',
    properties: {
      to: {
        anyOf: [
          { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
          { type: 'string', enum: ['earliest', 'latest'] },
          { type: 'string', pattern: '^[0-9]{1,16}$' },
          { type: 'string', format: 'date-time', maxLength: 64 },
        ],
        description: 'a position, earliest, latest, or an RFC 3339 time; events after it are delivered next',
      },
      reason,
    },
    required: ['to', 'reason'],
    additionalProperties: false,
  },
  response: {
    200: {
      type: 'object',
      properties: {
        from: position,
        to: { type: 'integer' },
        log: { type: 'string' },
        skipped: {
          type: ['object', 'null'],
          properties: { from: { type: 'integer' }, through: { type: 'integer' } },
        },
      },
    },
    ...PROBLEMS,
  },
};

const REMOVE = {
  tags: ['grants'],
  summary: 'Remove a cursor',
  description:
    'An act of the subscriber’s own system or officers, on the ledger. A live session of it ends with SUPERSEDED.',
  params: cursorParams,
  body: { type: 'object', properties: { reason }, required: ['reason'], additionalProperties: false },
  response: { 204: { type: 'null', description: 'The cursor is removed' }, ...PROBLEMS },
};
