import type { FastifyInstance } from 'fastify';
import { SluiceError } from '../../../proto/errors.js';

/**
 * Refuses what still arrives on open connections while the broker drains. The framework's own answer has no code, by which a client
 * knows that it may ask again.
 */
export function refuseWhileClosing(app: FastifyInstance): void {
  let isClosing = false;
  app.addHook('preClose', (done) => {
    isClosing = true;
    done();
  });
  app.addHook('onRequest', (_request, reply, done) => {
    if (!isClosing) return done();
    reply.header('connection', 'close');
    done(new SluiceError('SHUTTING_DOWN', 'the broker is shutting down: ask again, or another one'));
  });
}
