import { randomBytes } from 'node:crypto';

const HOUR_MS = 3_600_000;
/** Secrets of earlier hours are looked for as well: what leaked into a log or a ledger may be read later. */
const HOURS_KEPT = 24;
const SECRET_BYTES = 15;

/** Where bytes were received, as the label of the metric and the word of the log. */
export type LeakMedium = 'stream' | 'metrics' | 'logs' | 'errors' | 'ledger';

/**
 * The value that marks everything that nobody may receive. It changes every hour, so that a finding says when the value was
 * published. Base64url: no encoding of the bus escapes it, so it can be looked for in the bytes as they are.
 */
export class HourlySecrets {
  readonly #known: { hour: number; bytes: Buffer; value: string }[] = [];

  /** The secret of now; a new one when an hour has begun. */
  at(nowMs: number): string {
    const hour = Math.floor(nowMs / HOUR_MS);
    const newest = this.#known.at(-1);
    if (newest?.hour === hour) return newest.value;
    const value = `C${randomBytes(SECRET_BYTES).toString('base64url')}`;
    this.#known.push({ hour, value, bytes: Buffer.from(value) });
    if (this.#known.length > HOURS_KEPT) this.#known.shift();
    return value;
  }

  /** Whether the bytes hold one of the secrets. */
  areIn(bytes: Uint8Array): boolean {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return this.#known.some((secret) => buffer.includes(secret.bytes));
  }

  /** Bytes that a search in pieces of a stream has to keep from one piece to the next. */
  get overlapBytes(): number {
    return Math.max(0, ...this.#known.map(({ bytes }) => bytes.length - 1));
  }
}

/** Looks for secrets in a stream that arrives in pieces, also where a secret lies across two of them. */
export class StreamSearch {
  #tail = Buffer.alloc(0);

  constructor(private readonly secrets: HourlySecrets) {}

  hasLeak(piece: Uint8Array): boolean {
    const joined = Buffer.concat([this.#tail, piece]);
    const found = this.secrets.areIn(joined);
    // After a finding nothing is kept, or the same secret would be reported with every piece.
    this.#tail = found ? Buffer.alloc(0) : joined.subarray(Math.max(0, joined.length - this.secrets.overlapBytes));
    return found;
  }
}
