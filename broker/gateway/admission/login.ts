import type { IncomingMessage } from 'node:http';
import { TurnShare } from '../../../proto/async/shared-turns.js';
import { LruMap } from '../../../proto/collections/lru-map.js';
import { SluiceError } from '../../../proto/errors.js';
import { type Caller, turnShareOf } from '../../parties/caller.js';
import type { Credentials } from '../../parties/credentials.js';
import type { Tickets } from '../tickets.js';
import type { ClientAddresses } from './client-address.js';
import { callOf, type FailedLogins } from './failed-logins.js';
import type { IdentityProviders } from './identity-providers.js';

export interface LoginDeps {
  credentials: Pick<Credentials, 'digestOf' | 'digestOfSubject' | 'ownerOf'> &
    Partial<Pick<Credentials, 'retiredOwnerOf'>>;
  tickets: Pick<Tickets, 'redeem'>;
  addresses: ClientAddresses;
  failures: FailedLogins;
  providers?: Pick<IdentityProviders, 'mayJudge' | 'identityOf'>;
  /** Why a caller with a valid credential may call nothing. */
  refusalOf?(caller: Caller): SluiceError | undefined;
}

/** An authenticated caller, and the digest of the token or subject by which it was. */
export interface LoggedIn {
  caller: Caller;
  credential: string;
  /** End of the token of an identity provider, in milliseconds since 1970, by real time. */
  endsAtMs?: number;
}

/** Officers with a token of an identity provider who are at work at one time. */
const JUDGED_MAX = 10_000;

const unknownCallers = new TurnShare();

const bearerOf = ({ headers }: Pick<IncomingMessage, 'headers'>): string | undefined =>
  /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];

/** Decides from the head of a request alone who calls. The same for plain requests and for WebSockets. */
export class Login {
  /** Tokens of identity providers that were valid when they were judged, for the share alone: digest → credential. */
  readonly #judged = new LruMap<string, string>(JUDGED_MAX);

  constructor(private readonly deps: LoginDeps) {}

  /** The caller's share of the turns of the event loop. All whose token this bus does not know have one share together. */
  shareOf(request: Pick<IncomingMessage, 'headers'>): TurnShare {
    const token = bearerOf(request);
    if (token === undefined) return unknownCallers;
    const { credentials } = this.deps;
    const digest = credentials.digestOf(token);
    const caller = credentials.ownerOf(this.#judged.get(digest) ?? digest);
    return caller ? turnShareOf(caller) : unknownCallers;
  }

  addressOf(request: IncomingMessage): string {
    return this.deps.addresses.of(request);
  }

  /** By the bearer token. Throws NOT_AUTHENTICATED, CONTRACT_OVER or TOO_MANY. */
  byToken(request: IncomingMessage): LoggedIn {
    const token = this.#tokenOf(request);
    const known = this.#known(this.deps.credentials.digestOf(token));
    if (!known) throw this.#refusal(request, 'token', 'the token is not valid');
    return known;
  }

  /** By the bearer token of the bus, or that of an identity provider. Throws as `byToken`. */
  byBearer(request: IncomingMessage): LoggedIn | Promise<LoggedIn> {
    const token = this.#tokenOf(request);
    const known = this.#known(this.deps.credentials.digestOf(token));
    if (known) return known;
    if (this.deps.providers?.mayJudge(token)) return this.#byProvider(request, token);
    throw this.#refusal(request, 'token', 'the token is not valid');
  }

  /** By a one-time ticket. Throws NOT_AUTHENTICATED or TOO_MANY, STORE_UNAVAILABLE when its use cannot be recorded. */
  async byTicket(request: IncomingMessage, ticket: string): Promise<LoggedIn> {
    let credential: string | undefined;
    try {
      credential = await this.deps.tickets.redeem(ticket);
    } catch (error) {
      throw new SluiceError('STORE_UNAVAILABLE', 'the ticket cannot be checked now', {}, { cause: error });
    }
    const caller = credential === undefined ? undefined : this.deps.credentials.ownerOf(credential);
    if (credential === undefined || !caller) throw this.#refusal(request, 'ticket', 'the ticket is not valid');
    return { caller, credential };
  }

  /** The caller as the ledger has it by now. Throws NOT_AUTHENTICATED when the token was withdrawn since it was checked. */
  again({ credential }: Pick<LoggedIn, 'credential'>): Caller {
    const caller = this.deps.credentials.ownerOf(credential);
    if (!caller) throw new SluiceError('NOT_AUTHENTICATED', 'the token was withdrawn while the request was read');
    return this.#requireStanding(caller);
  }

  async #byProvider(request: IncomingMessage, token: string): Promise<LoggedIn> {
    const { providers, credentials } = this.deps;
    const identity = await providers?.identityOf(token);
    // Roles and party are those of the appointment, whatever the token says.
    const known = identity && this.#known(credentials.digestOfSubject(identity.subject));
    if (!known) throw this.#refusal(request, 'token', 'the token is not valid');
    this.#judged.set(credentials.digestOf(token), known.credential);
    return { ...known, endsAtMs: identity.endsAtMs };
  }

  #tokenOf(request: IncomingMessage): string {
    const token = bearerOf(request);
    if (token === undefined) throw this.#refusal(request, 'missing', 'a bearer token is needed');
    return token;
  }

  #known(credential: string): LoggedIn | undefined {
    const caller = this.deps.credentials.ownerOf(credential);
    return caller && { caller: this.#requireStanding(caller), credential };
  }

  /** Throws CONTRACT_OVER. */
  #requireStanding(caller: Caller): Caller {
    const refusal = this.deps.refusalOf?.(caller);
    if (refusal) throw refusal;
    return caller;
  }

  #refusal(request: IncomingMessage, failure: 'missing' | 'token' | 'ticket', message: string): SluiceError {
    const { credentials, failures } = this.deps;
    const token = failure === 'token' ? bearerOf(request) : undefined;
    const owner = token === undefined ? undefined : credentials.retiredOwnerOf?.(credentials.digestOf(token));
    const from = { address: this.addressOf(request), call: callOf(request), retiredTokenOf: owner };
    return failures.refusal(from, failure, message);
  }
}
