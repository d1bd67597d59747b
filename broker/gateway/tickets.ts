import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

/** Long enough to open a socket, too short to be worth stealing from a proxy's log. */
const TICKET_VALID_MS = 30_000;
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const CIPHER = 'aes-256-gcm';

export interface Ticket {
  ticket: string;
  expiresAtMs: number;
}

export interface TicketsDeps {
  /** The secret of the bus, so that a ticket of one broker opens a session on any other. */
  secret: string;
  clock(): number;
  /** Resolves with false when the ticket of this id was used before, on whichever broker. */
  useOnce(id: string): Promise<boolean>;
}

/**
 * One-time stand-ins for a credential, for browsers: they cannot set a header on a WebSocket or an EventSource, and a token
 * does not belong in a URL. The credential's digest is sealed inside the ticket, so a broker keeps nothing for tickets that nobody
 * redeems, and any broker of the bus can redeem them. Decision: docs/decisions/0016.
 */
export class Tickets {
  readonly #key: Buffer;

  constructor(private readonly deps: TicketsDeps) {
    this.#key = Buffer.from(hkdfSync('sha256', deps.secret, '', 'sluice/tickets', KEY_BYTES));
  }

  /** Stands in for the credential with that digest. */
  issue(credential: string): Ticket {
    const expiresAtMs = this.deps.clock() + TICKET_VALID_MS;
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, this.#key, nonce);
    const sealed = Buffer.concat([cipher.update(JSON.stringify({ credential, expiresAtMs })), cipher.final()]);
    return { ticket: Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64url'), expiresAtMs };
  }

  /** Digest of the credential that the ticket stood for; undefined when it was used before, has expired or never was one. */
  async redeem(ticket: string): Promise<string | undefined> {
    const bytes = Buffer.from(ticket, 'base64url');
    const opened = this.#open(bytes);
    if (!opened || opened.expiresAtMs <= this.deps.clock()) return undefined;
    const isFirst = await this.deps.useOnce(bytes.subarray(0, NONCE_BYTES).toString('hex'));
    return isFirst ? opened.credential : undefined;
  }

  #open(bytes: Buffer): { credential: string; expiresAtMs: number } | undefined {
    if (bytes.length <= NONCE_BYTES + TAG_BYTES) return undefined;
    const decipher = createDecipheriv(CIPHER, this.#key, bytes.subarray(0, NONCE_BYTES));
    decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
    try {
      const text = Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]);
      return JSON.parse(text.toString()) as { credential: string; expiresAtMs: number };
    } catch {
      // Not sealed by this bus.
      return undefined;
    }
  }
}
