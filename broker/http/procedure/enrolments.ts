import type { FastifyContextConfig, FastifyInstance } from 'fastify';
import { GIVEN_ID } from '../../procedure/engine/body-check.js';
import type { Enrolment, RedeemBody } from '../../procedure/people/redeem.js';
import { PROBLEMS } from '../server/problem-schema.js';
import { JSON_TYPE } from '../server/route-rule.js';
import { keyOf, sendAnswer } from './act-call.js';

/** A caller without a credential sends little, and is throttled like every open route. */
const RULE: FastifyContextConfig = { access: 'open', body: { [JSON_TYPE]: 4 * 1024 }, digestsBody: true };

export interface EnrolmentRoutesDeps {
  enrolment: Enrolment;
}

export function enrolmentRoutes(app: FastifyInstance, { enrolment }: EnrolmentRoutesDeps): void {
  app.post<{ Body: RedeemBody }>('/v1/enrolments/redeem', { schema: SCHEMA, config: RULE }, async (request, reply) =>
    sendAnswer(reply, await enrolment.redeem(request.body, keyOf(request))),
  );
}

const SCHEMA = {
  tags: ['procedure'],
  operationId: 'redeemEnrolment',
  'x-body': { example: { code: 'the code of the enrolment', officer: { id: 'du', name: { zh: '杜' } } } },
  'x-answer': 'Enrolled',
  description: 'With Idempotency-Key a lost answer can be asked for again, with the same code and body.',
  summary: 'Become the first administrator of a department, with the code that it was given',
  body: {
    type: 'object',
    properties: {
      code: { type: 'string', minLength: 1, maxLength: 256 },
      officer: {
        type: 'object',
        properties: {
          id: GIVEN_ID,
          name: { anyOf: [{ type: 'string', minLength: 1, maxLength: 200 }, { type: 'object' }] },
        },
        required: ['id', 'name'],
        additionalProperties: false,
      },
    },
    required: ['code', 'officer'],
    additionalProperties: false,
  },
  response: { 201: { type: 'object', additionalProperties: true }, ...PROBLEMS },
};
