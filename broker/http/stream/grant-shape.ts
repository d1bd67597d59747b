import type { FastifyInstance } from 'fastify';
import { deliveredSchema } from '../../../proto/entry/delivered-schema.js';
import { grantProto } from '../../../proto/entry/entry-proto.js';
import type { GrantShapes } from '../../stream/pages/grant-shapes.js';
import { systemOf } from '../server/authenticate.js';
import { PROBLEMS } from '../server/problem-schema.js';
import { sendRevalidated } from '../server/response-headers.js';
import { grantAsyncApi } from './grant-asyncapi.js';

export interface GrantShapeRoutesDeps {
  shapes: GrantShapes;
}

type Route = { Params: { grant: string } };

/** The contract of what a grant delivers, which differs from that of the entry: transforms change types. */
export function grantShapeRoutes(app: FastifyInstance, deps: GrantShapeRoutesDeps): void {
  app.get<Route>(
    '/v1/grants/:grant/schema.json',
    { schema: SCHEMA, config: { access: { system: 'subscribe' } } },
    async (request, reply) => {
      const { entry, fields } = deps.shapes.shape(systemOf(request, 'subscribe').id, request.params.grant);
      reply.type('application/schema+json');
      return sendRevalidated(request, reply, deliveredSchema(entry, fields));
    },
  );
  app.get<Route>(
    '/v1/grants/:grant/event.proto',
    { schema: PROTO, config: { access: { system: 'subscribe' } } },
    async (request, reply) => {
      const { entry, fields } = deps.shapes.shape(systemOf(request, 'subscribe').id, request.params.grant);
      reply.type('text/plain; charset=utf-8');
      return sendRevalidated(request, reply, grantProto(request.params.grant, entry, fields).text);
    },
  );
  app.get<Route>(
    '/v1/grants/:grant/asyncapi.json',
    { schema: ASYNCAPI, config: { access: { system: 'subscribe' } } },
    async (request, reply) => {
      const { grant } = request.params;
      const { entry, fields } = deps.shapes.shape(systemOf(request, 'subscribe').id, grant);
      const { host, protocol } = request;
      reply.type('application/json; charset=utf-8').header('vary', 'Host');
      return sendRevalidated(
        request,
        reply,
        grantAsyncApi({ grant, entry, fields, host, isEncrypted: protocol === 'https' }),
      );
    },
  );
}

const ASYNCAPI = {
  tags: ['grants'],
  summary: 'AsyncAPI of the WebSocket with what the grant delivers',
  params: { type: 'object', properties: { grant: { type: 'string' } } },
  response: { 200: { type: 'object', additionalProperties: true }, ...PROBLEMS },
};

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
