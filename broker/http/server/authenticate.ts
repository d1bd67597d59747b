import type { FastifyInstance, FastifyRequest } from 'fastify';
import { SluiceError } from '../../../proto/errors.js';
import type { Caller, SystemCaller } from '../../parties/caller.js';
import type { Credentials } from '../../parties/credentials.js';
import { requireSystem } from '../../parties/permissions.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set on every route that is not open to everyone. */
    caller: Caller | undefined;
    /** Digest of the token that the caller came with. */
    credential: string | undefined;
  }
  interface FastifyContextConfig {
    /** Needs no credential: health, metrics, documentation. */
    open?: boolean;
  }
}

/** Every route needs a credential unless it says that it is open, so that forgetting it fails closed. */
export function addAuthentication(app: FastifyInstance, credentials: Pick<Credentials, 'digestOf' | 'ownerOf'>): void {
  app.decorateRequest('caller', undefined);
  app.decorateRequest('credential', undefined);
  app.addHook('onRequest', async (request) => {
    if (request.routeOptions.config.open || request.is404) return;
    const [, token] = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '') ?? [];
    if (token === undefined) throw new SluiceError('NOT_AUTHENTICATED', 'a bearer token is needed');
    request.credential = credentials.digestOf(token);
    request.caller = credentials.ownerOf(request.credential);
    if (!request.caller) throw new SluiceError('NOT_AUTHENTICATED', 'the token is not valid');
  });
}

export function callerOf(request: FastifyRequest): Caller {
  if (!request.caller) throw new SluiceError('NOT_AUTHENTICATED', 'a bearer token is needed');
  return request.caller;
}

export function credentialOf(request: FastifyRequest): string {
  if (request.credential === undefined) throw new SluiceError('NOT_AUTHENTICATED', 'a bearer token is needed');
  return request.credential;
}

/** The caller, which must be a system with that right. */
export function systemOf(request: FastifyRequest, right: 'publish' | 'subscribe'): SystemCaller {
  return requireSystem(callerOf(request), right);
}
