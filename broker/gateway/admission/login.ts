import type { IncomingMessage } from 'node:http';
import { SluiceError } from '../../../proto/errors.js';
import type { Caller } from '../../parties/caller.js';
import type { Credentials } from '../../parties/credentials.js';
import type { Tickets } from '../tickets.js';
import type { ClientAddresses } from './client-address.js';
import type { FailedLogins } from './failed-logins.js';

export interface LoginDeps {
  credentials: Pick<Credentials, 'digestOf' | 'ownerOf'>;
  tickets: Pick<Tickets, 'redeem'>;
  addresses: ClientAddresses;
  failures: FailedLogins;
  /** Why a caller with a valid credential may call nothing. */
  refusalOf?(caller: Caller): SluiceError | undefined;
}

/** An authenticated caller, and the digest of the token by which it was. */
export interface LoggedIn {
  caller: Caller;
  credential: string;
}

/** Decides from the head of a request alone who calls. The same for plain requests and for WebSockets. */
export class Login {
  constructor(private readonly deps: LoginDeps) {}

  addressOf(request: IncomingMessage): string {
    return this.deps.addresses.of(request);
  }

  /** By the bearer token. Throws NOT_AUTHENTICATED, CONTRACT_OVER or TOO_MANY. */
  byToken(request: IncomingMessage): LoggedIn {
    const [, token] = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '') ?? [];
    if (token === undefined) throw this.#refusal(request, 'missing', 'a bearer token is needed');
    const credential = this.deps.credentials.digestOf(token);
    const caller = this.deps.credentials.ownerOf(credential);
    if (!caller) throw this.#refusal(request, 'token', 'the token is not valid');
    return { caller: this.#requireStanding(caller), credential };
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

  /** Throws CONTRACT_OVER. */
  #requireStanding(caller: Caller): Caller {
    const refusal = this.deps.refusalOf?.(caller);
    if (refusal) throw refusal;
    return caller;
  }

  #refusal(request: IncomingMessage, failure: 'missing' | 'token' | 'ticket', message: string): SluiceError {
    return this.deps.failures.refusal(this.addressOf(request), failure, message);
  }
}
