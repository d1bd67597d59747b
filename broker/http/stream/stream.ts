import type { FastifyInstance } from 'fastify';
import { SluiceError } from '../../../proto/errors.js';
import { type Gateway, STREAM_PATH } from '../../gateway/gateway.js';
import { refuseOnSocket } from '../../gateway/refuse-on-socket.js';
import { headFlaw } from '../connections/refused-requests.js';

export interface StreamRoutesDeps {
  gateway: Gateway;
}

/** Hands upgrades to the gateway; a plain request to the same address is refused with what it lacks. */
export function streamRoutes(app: FastifyInstance, deps: StreamRoutesDeps): void {
  app.server.on('upgrade', (request, socket, head) => {
    if (socket.destroyed) return;
    const flaw = headFlaw(request);
    if (flaw) refuseOnSocket(socket, flaw);
    else deps.gateway.upgrade(request, socket, head);
  });
  app.get(STREAM_PATH, { schema: SCHEMA, config: { access: 'anybody' }, exposeHeadRoute: false }, async () => {
    throw new SluiceError('BAD_REQUEST', 'this is a WebSocket: send the headers of an upgrade');
  });
}

/** Hidden from the OpenAPI document, which cannot describe a WebSocket: it would be a call that never succeeds. */
const SCHEMA = {
  hide: true,
  tags: ['stream'],
  summary: 'Publish and subscribe over WebSocket',
  querystring: { type: 'object', properties: { ticket: { type: 'string' } } },
};
