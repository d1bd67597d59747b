import type { FastifyContextConfig, FastifyInstance } from 'fastify';
import type { Ledger } from '../../ledger/ledger.js';
import { LEDGER_KINDS, type LedgerKind } from '../../ledger/record.js';
import type { Permissions } from '../../parties/permissions.js';
import { sendList } from '../answers/json-list.js';
import { callerOf } from '../server/authenticate.js';
import { PROBLEMS } from '../server/problem-schema.js';
import { withoutCredential } from './without-credential.js';

export interface LedgerRoutesDeps {
  ledger: Pick<Ledger, 'read' | 'verify'>;
  permissions: Permissions;
}

const RULE: FastifyContextConfig = { access: { officer: 'ledger.read' }, answer: 'audit' };
const VERIFY_RULE: FastifyContextConfig = { access: { officer: 'ledger.verify' }, answer: 'audit' };

type Query = { kind?: LedgerKind; id?: string; after: number; limit: number };

export function ledgerRoutes(app: FastifyInstance, { ledger, permissions }: LedgerRoutesDeps): void {
  app.get<{ Querystring: Query }>('/v1/ledger', { schema: QUERY, config: RULE }, async (request, reply) => {
    permissions.require(callerOf(request), 'ledger.read');
    const records = await ledger.read(request.query);
    return sendList(reply, 'records', records.map(withoutCredential));
  });
  app.get('/v1/ledger/verify', { schema: VERIFY, config: VERIFY_RULE }, (request) => {
    permissions.require(callerOf(request), 'ledger.verify');
    return ledger.verify();
  });
}

const QUERY = {
  tags: ['audit'],
  summary: 'Governance acts, oldest first',
  querystring: {
    type: 'object',
    properties: {
      kind: { enum: [...LEDGER_KINDS] },
      id: { type: 'string', maxLength: 256 },
      after: { type: 'integer', minimum: 0, default: 0, description: 'sequence of the last record seen' },
      limit: { type: 'integer', minimum: 1, maximum: 1000, default: 100 },
    },
    additionalProperties: false,
  },
  response: {
    200: { type: 'object', properties: { records: { type: 'array', items: { type: 'object' } } } },
    ...PROBLEMS,
  },
};

const VERIFY = {
  tags: ['audit'],
  summary: 'Read the whole ledger and check its chain',
  description: 'Answers {records, head}, or {brokenAt, why} with the first record that does not fit.',
  response: {
    200: {
      type: 'object',
      properties: {
        records: { type: 'integer' },
        head: { type: 'string' },
        brokenAt: { type: 'integer' },
        why: { type: 'string' },
      },
    },
    ...PROBLEMS,
  },
};
