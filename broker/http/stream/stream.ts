import type { FastifyInstance } from 'fastify';
import { SluiceError } from '../../../proto/errors.js';
import { type Gateway, STREAM_PATH } from '../../gateway/gateway.js';
import { PROBLEMS } from '../server/problem-schema.js';

export interface StreamRoutesDeps {
  gateway: Gateway;
}

/** Hands upgrades to the gateway; a plain request to the same address is told what is missing. */
export function streamRoutes(app: FastifyInstance, deps: StreamRoutesDeps): void {
  app.server.on('upgrade', (request, socket, head) => deps.gateway.upgrade(request, socket, head));
  app.get(STREAM_PATH, { schema: SCHEMA, config: { access: 'anybody' }, exposeHeadRoute: false }, async () => {
    throw new SluiceError('BAD_REQUEST', 'this is a WebSocket: send the headers of an upgrade');
  });
}

const SCHEMA = {
  tags: ['stream'],
  summary: 'Publish and subscribe over WebSocket',
  description:
    'Subprotocols sluice.v1.json, sluice.v1.msgpack, sluice.v1.protobuf; the frames are in docs/protocol.md. ' +
    'Authorization header, or ?ticket= from POST /v1/tickets.',
  querystring: { type: 'object', properties: { ticket: { type: 'string' } } },
  response: { 101: { description: 'Switching to WebSocket', type: 'null' }, ...PROBLEMS },
};
