import type { FastifyInstance } from 'fastify';
import { deliveredSchema } from '../../../proto/entry/delivered-schema.js';
import { grantProto } from '../../../proto/entry/entry-proto.js';
import type { GrantShapes } from '../../stream/pages/grant-shapes.js';
import { systemOf } from '../server/authenticate.js';
import { PROBLEMS } from '../server/problem-schema.js';

export interface GrantShapeRoutesDeps {
  shapes: GrantShapes;
}

type Route = { Params: { grant: string } };

/** What a grant delivers: transforms change types, so it is not what the entry says. */
export function grantShapeRoutes(app: FastifyInstance, deps: GrantShapeRoutesDeps): void {
  app.get<Route>('/v1/grants/:grant/schema.json', { schema: SCHEMA }, async (request, reply) => {
    const { entry, fields } = deps.shapes.shape(systemOf(request, 'subscribe').id, request.params.grant);
    return reply.type('application/schema+json').send(deliveredSchema(entry, fields));
  });
  app.get<Route>('/v1/grants/:grant/event.proto', { schema: PROTO }, async (request, reply) => {
    const { entry, fields } = deps.shapes.shape(systemOf(request, 'subscribe').id, request.params.grant);
    return reply.type('text/plain; charset=utf-8').send(grantProto(entry, fields).text);
  });
}

const params = { type: 'object', properties: { grant: { type: 'string' } } };

const SCHEMA = {
  tags: ['grants'],
  summary: 'JSON Schema of the delivered events',
  params,
  response: { 200: { type: 'object', additionalProperties: true }, ...PROBLEMS },
};

const PROTO = {
  tags: ['grants'],
  summary: 'Protobuf definition of the delivered data',
  params,
  response: { 200: { type: 'string' }, ...PROBLEMS },
};
