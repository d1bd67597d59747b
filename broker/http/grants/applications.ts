import type { FastifyInstance } from 'fastify';
import { SluiceError } from '../../../proto/errors.js';
import { PROBLEMS } from '../server/problem-schema.js';

/** The place of the lawful procedure. A bus in trial mode has none: there an operator creates grants directly. */
export function applicationRoutes(app: FastifyInstance): void {
  app.post('/v1/applications', { schema: SCHEMA }, async () => {
    throw new SluiceError(
      'NOT_ALLOWED',
      'this bus takes no applications; in trial mode POST /v1/grants creates grants',
    );
  });
}

const SCHEMA = { tags: ['grants'], summary: 'Apply for a grant (not on a bus in trial mode)', response: PROBLEMS };
