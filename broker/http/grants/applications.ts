import type { FastifyInstance } from 'fastify';
import { SluiceError } from '../../../proto/errors.js';
import { PROBLEMS } from '../server/problem-schema.js';

/** The lawful procedure begins here. A bus in trial mode has none: there an operator creates grants directly. */
export function applicationRoutes(app: FastifyInstance): void {
  app.post(
    '/v1/applications',
    { schema: SCHEMA, config: { access: 'anybody' }, onRequest: refuse },
    async () => undefined,
  );
}

/** Before the body is read. */
async function refuse(): Promise<never> {
  throw new SluiceError('NOT_ALLOWED', 'this bus takes no applications; in trial mode POST /v1/grants creates grants');
}

const SCHEMA = { tags: ['grants'], summary: 'Apply for a grant (not on a bus in trial mode)', response: PROBLEMS };
