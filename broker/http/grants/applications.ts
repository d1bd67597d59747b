import type { FastifyInstance } from 'fastify';
import { SluiceError } from '../../../proto/errors.js';

/** The lawful procedure begins here. A bus in trial mode has none: there an operator creates grants directly. */
export function applicationRoutes(app: FastifyInstance): void {
  app.post(
    '/v1/applications',
    { schema: SCHEMA, config: { access: 'department' }, onRequest: refuse },
    async () => undefined,
  );
}

/** Before the body is read. */
async function refuse(): Promise<never> {
  throw new SluiceError('NOT_ALLOWED', 'this bus takes no applications; in trial mode POST /v1/grants creates grants');
}

/** Hidden from the OpenAPI document while it only refuses: a client generated from it would hold a call that never succeeds. */
const SCHEMA = { hide: true };
