import { createHash, randomBytes } from 'node:crypto';

const HOUR_MS = 3_600_000;
/** Secrets of earlier hours are looked for as well: what leaked into a log or a ledger may be read later. */
const HOURS_KEPT = 24;
const SECRET_BYTES = 15;

/** Where bytes were received, as the label of the metric and the word of the log. */
export type LeakMedium = 'stream' | 'metrics' | 'logs' | 'errors' | 'ledger';

/** Values of one hour: of what nobody may receive, and of what goes back to its source alone. */
export interface Secret {
  value: string;
  id: string;
}

interface Hour {
  hour: number;
  secret: Secret;
  /** They may be in no byte. The id of an event is not among them: its source gets it back. */
  values: Buffer[];
  id: Buffer;
}

/** The plain value of the item that is granted hashed. */
export const hashedValue = ({ value }: Secret): string => `${value}-hashed`;

/**
 * The values that mark everything that nobody may receive. They change every hour, so that a finding says when the value was
 * published. Base64url: no encoding of the bus escapes it, so it can be looked for in the bytes as they are.
 */
export class HourlySecrets {
  readonly #known: Hour[] = [];

  /** The secret of now; a new one when an hour has begun. */
  at(nowMs: number): Secret {
    const hour = Math.floor(nowMs / HOUR_MS);
    const newest = this.#known.at(-1);
    if (newest?.hour === hour) return newest.secret;
    const secret = { value: randomValue('C'), id: randomValue('D') };
    // Anybody can compute a digest without a key, and find out which of some values it belongs to.
    const digest = createHash('sha256').update(hashedValue(secret)).digest('hex');
    this.#known.push({
      hour,
      secret,
      values: [secret.value, digest].map((one) => Buffer.from(one)),
      id: Buffer.from(secret.id),
    });
    if (this.#known.length > HOURS_KEPT) this.#known.shift();
    return secret;
  }

  /** Whether the bytes hold one of the secrets. What answers the source may hold the id that it gave. */
  areIn(bytes: Uint8Array, isForSource = false): boolean {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return this.#known.some(
      ({ values, id }) => values.some((one) => buffer.includes(one)) || (!isForSource && buffer.includes(id)),
    );
  }

  /** Bytes that a search in pieces of a stream has to keep from one piece to the next. */
  get overlapBytes(): number {
    return Math.max(0, ...this.#known.flatMap(({ values }) => values.map((one) => one.length - 1)));
  }
}

const randomValue = (first: string): string => `${first}${randomBytes(SECRET_BYTES).toString('base64url')}`;

/** Looks for secrets in a stream that arrives in pieces, also where a secret lies across two of them. */
export class StreamSearch {
  #tail = Buffer.alloc(0);

  constructor(
    private readonly secrets: HourlySecrets,
    private readonly isForSource = false,
  ) {}

  hasLeak(piece: Uint8Array): boolean {
    const joined = Buffer.concat([this.#tail, piece]);
    const found = this.secrets.areIn(joined, this.isForSource);
    // After a finding nothing is kept, or the same secret would be reported with every piece.
    this.#tail = found ? Buffer.alloc(0) : joined.subarray(Math.max(0, joined.length - this.secrets.overlapBytes));
    return found;
  }
}
