import type { FastifyInstance, FastifyRequest } from 'fastify';
import { SluiceError } from '../../proto/errors.js';
import type { Caller, OfficerCaller, SystemCaller } from '../parties/caller.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set on every route that is not open to everyone. */
    caller: Caller | undefined;
  }
  interface FastifyContextConfig {
    /** Needs no credential: health, metrics, documentation. */
    open?: boolean;
  }
}

/** Every route needs a credential unless it says that it is open, so that forgetting it fails closed. */
export function addAuthentication(app: FastifyInstance, authenticate: (token: string) => Caller | undefined): void {
  app.decorateRequest('caller', undefined);
  app.addHook('onRequest', async (request) => {
    if (request.routeOptions.config.open || request.is404) return;
    const [, token] = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '') ?? [];
    if (token === undefined) throw new SluiceError('NOT_AUTHENTICATED', 'a bearer token is needed');
    request.caller = authenticate(token);
    if (!request.caller) throw new SluiceError('NOT_AUTHENTICATED', 'the token is not valid');
  });
}

export function callerOf(request: FastifyRequest): Caller {
  if (!request.caller) throw new SluiceError('NOT_AUTHENTICATED', 'a bearer token is needed');
  return request.caller;
}

/** The caller, which must be a system with that right. */
export function systemOf(request: FastifyRequest, right: 'publish' | 'subscribe'): SystemCaller {
  const caller = callerOf(request);
  if (caller.kind !== 'system') throw new SluiceError('NOT_ALLOWED', 'this is for systems, not for officers');
  if (!caller.may.includes(right)) throw new SluiceError('NOT_ALLOWED', `system ${caller.id} may not ${right}`);
  return caller;
}

/** The caller, which must be an officer with one of these roles (any role when none is named). */
export function officerOf(request: FastifyRequest, ...roles: string[]): OfficerCaller {
  const caller = callerOf(request);
  if (caller.kind !== 'officer') throw new SluiceError('NOT_ALLOWED', 'this is for officers, not for systems');
  if (roles.length > 0 && !roles.some((role) => caller.roles.includes(role))) {
    throw new SluiceError('NOT_ALLOWED', `this needs the role ${roles.join(' or ')}`);
  }
  return caller;
}
