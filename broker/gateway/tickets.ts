import { randomBytes } from 'node:crypto';
import { SluiceError } from '../../proto/errors.js';

/** Long enough to open a socket, too short to be worth stealing from a proxy's log. */
const TICKET_LIFE_MS = 30_000;
/** 20 a second that nobody redeems; more is a fault or an attack. */
const TICKETS_MAX = 600;

export interface Ticket {
  ticket: string;
  expiresAtMs: number;
}

/**
 * One-time stand-ins for a credential, for browsers: those can't set a header on a WebSocket, and a token does not
 * belong in a URL. A ticket is known only to the broker that gave it.
 */
export class Tickets {
  /** In order of issue, so of expiry too. */
  readonly #open = new Map<string, { credential: string; expiresAtMs: number }>();

  constructor(private readonly clock: () => number) {}

  /** Stands in for the credential with that digest. */
  issue(credential: string): Ticket {
    this.#dropExpired();
    if (this.#open.size >= TICKETS_MAX) throw new SluiceError('TOO_MANY', `${TICKETS_MAX} tickets are unused`);
    const ticket = randomBytes(24).toString('base64url');
    const expiresAtMs = this.clock() + TICKET_LIFE_MS;
    this.#open.set(ticket, { credential, expiresAtMs });
    return { ticket, expiresAtMs };
  }

  /** Digest of the credential it stood for; undefined when it was used before, has expired or never was one. */
  redeem(ticket: string): string | undefined {
    this.#dropExpired();
    const found = this.#open.get(ticket);
    this.#open.delete(ticket);
    return found?.credential;
  }

  #dropExpired(): void {
    const now = this.clock();
    for (const [ticket, { expiresAtMs }] of this.#open) {
      if (expiresAtMs > now) return;
      this.#open.delete(ticket);
    }
  }
}
