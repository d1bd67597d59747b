import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { SluiceError } from '../../../proto/errors.js';
import { AddressBuckets } from '../../gateway/admission/address-buckets.js';
import type { Login } from '../../gateway/admission/login.js';
import { type Caller, isCanary, type SystemCaller } from '../../parties/caller.js';
import type { Lease, Leases } from '../../parties/leases/leases.js';
import type { Role } from '../../parties/officer.js';
import { type Action, type Permissions, requireSystem } from '../../parties/permissions.js';
import type { SystemRight } from '../../parties/system.js';
import { notOpen } from '../../procedure/people/contract-terms.js';
import { holdLease, officeCondition } from './hold-lease.js';
import type { Access } from './route-rule.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set on every route that is not open. */
    caller: Caller | undefined;
    /** Digest of the token that the caller authenticated with. */
    credential: string | undefined;
    /** End of the token of an identity provider, by real time. */
    credentialEndsAtMs: number | undefined;
    /** The right of an officer who reads: what goes out slowly ends with it. */
    officeLease: Lease | undefined;
  }
}

/** Requests to open routes of one address. A scrape and a load balancer ask a few times a second. */
const OPEN_REQUESTS = { burst: 400, perSecond: 100 };

export interface AuthenticationDeps {
  login: Login;
  leases: Leases;
  permissions: Permissions;
  /** On a registered bus: refuses platform operators and contractors, and has the attempt on record. */
  requireInsider?: ((caller: Caller, call: string) => Promise<unknown>) | undefined;
}

/**
 * Decides who may call a route before one byte of the body is read, so that nobody without the right makes the broker
 * read, hold or parse anything. Runs first of all hooks. Decision: docs/decisions/0065.
 */
export function addAuthentication(app: FastifyInstance, deps: AuthenticationDeps): void {
  const { login, permissions } = deps;
  const openRequests = new AddressBuckets(OPEN_REQUESTS);
  app.decorateRequest('caller', undefined);
  app.decorateRequest('credential', undefined);
  app.decorateRequest('credentialEndsAtMs', undefined);
  app.decorateRequest('officeLease', undefined);
  app.addHook('onRequest', async (request) => {
    if (request.is404) return;
    const { access = 'nobody' } = request.routeOptions.config;
    if (access === 'open') {
      if (openRequests.take(login.addressOf(request.raw))) return;
      throw new SluiceError('TOO_MANY', 'too many requests without a credential from this address');
    }
    const { caller, credential, endsAtMs } = await logIn(login, request, access);
    request.caller = caller;
    request.credential = credential;
    request.credentialEndsAtMs = endsAtMs;
    await requireNoOutsider(request, caller, deps);
    requireAccess(caller, access, permissions);
  });
  // A body may be sent for minutes: a right that has ended meanwhile does nothing any more.
  app.addHook('preHandler', async (request, reply) => {
    const { credential, routeOptions } = request;
    const { access, endsWithOffice } = routeOptions.config;
    if (credential === undefined || access === undefined) return;
    request.caller = login.again({ credential });
    requireAccess(request.caller, access, permissions);
    // An act is left out: it may be the one that ends the right of its own caller, and must still be answered.
    if (request.method === 'GET' || endsWithOffice) holdOffice(deps, request, reply);
  });
}

/** Ends the response with the office, however slowly it is taken. For officers; systems have leases with the right that they use. */
function holdOffice(
  { login, leases }: Pick<AuthenticationDeps, 'login' | 'leases'>,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const { caller, credential, credentialEndsAtMs: endsAtMs } = request;
  if (caller?.kind !== 'officer' || credential === undefined) return;
  const given = { credential, ...(endsAtMs !== undefined && { endsAtMs }) };
  request.officeLease = leases.take(officeCondition(login, caller, given));
  holdLease(reply, request.officeLease);
}

function logIn(login: Login, request: FastifyRequest, access: Access) {
  const { ticket } = request.query as { ticket?: unknown };
  const takesTicket = typeof access === 'object' && 'ticket' in access;
  if (takesTicket && typeof ticket === 'string' && request.headers.authorization === undefined) {
    return login.byTicket(request.raw, ticket);
  }
  return login.byBearer(request.raw);
}

/** Throws NOT_YOUR_ROLE, or BREAK_GLASS for a contractor who asks for payload (regulation R36). */
async function requireNoOutsider(
  { routeOptions, method }: FastifyRequest,
  caller: Caller,
  { requireInsider }: AuthenticationDeps,
): Promise<void> {
  const { outsiders = [], payload } = routeOptions.config;
  if (!requireInsider || caller.kind !== 'officer') return;
  if (payload && caller.roles.includes('contractor')) throw notOpen();
  if (caller.roles.some((role) => outsiders.includes(role as Role))) return;
  await requireInsider(caller, `${method} ${routeOptions.url}`);
}

/** Throws NOT_ALLOWED. */
function requireAccess(caller: Caller, access: Access, permissions: Permissions): void {
  if (access === 'nobody') throw new SluiceError('NOT_ALLOWED', 'this is not possible on this bus');
  if (access === 'department' && isCanary(caller)) {
    throw new SluiceError('NOT_ALLOWED', `${caller.kind} ${caller.id} opens the stream of the canary and nothing else`);
  }
  if (typeof access === 'string') return;
  if ('system' in access) requireSystem(caller, access.system);
  // For its own party, or for any: what is left is whether the act is about that party.
  else requireAnyOf([access.officer].flat(), caller, permissions);
}

function requireAnyOf(actions: readonly Action[], caller: Caller, permissions: Permissions): void {
  if (actions.some((action) => permissions.allows(caller, action, caller.party))) return;
  permissions.require(caller, actions[0] as Action);
}

export function callerOf(request: FastifyRequest): Caller {
  if (!request.caller) throw new SluiceError('NOT_AUTHENTICATED', 'a bearer token is needed');
  return request.caller;
}

export function credentialOf(request: FastifyRequest): string {
  if (request.credential === undefined) throw new SluiceError('NOT_AUTHENTICATED', 'a bearer token is needed');
  return request.credential;
}

/** The caller as a system with that right. Throws NOT_ALLOWED. */
export function systemOf(request: FastifyRequest, right: SystemRight): SystemCaller {
  return requireSystem(callerOf(request), right);
}
