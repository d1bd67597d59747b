import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';

const FETCH_MS_MAX = 5_000;
const BYTES_MAX = 256 * 1024;
/** Keys are asked for again after this time, so that one that the provider has withdrawn is soon refused. */
const FRESH_MS = 10 * 60_000;
/** Keys that could not be asked for again are used for so long. */
const USABLE_MS = 60 * 60_000;
/** Tokens with a key that is not known may be forged, so they make the broker ask once in this time. */
const UNKNOWN_KEY_MS = 60_000;
/** Interval of attempts while the provider does not answer. */
const RETRY_MS = 10_000;

export interface ProviderKeysOptions {
  url: string;
  onFailure(error: unknown): void;
  /** Monotonic, in milliseconds. */
  now?(): number;
}

/**
 * The public keys of an identity provider, fetched within bounds of time and size and kept. The library's own remote set
 * asks again for every unknown key while the provider does not answer, and a caller needs no credential to send one.
 */
export class ProviderKeys {
  #keys: JWTVerifyGetKey | undefined;
  #fetchedAtMs = Number.NEGATIVE_INFINITY;
  #triedAtMs = Number.NEGATIVE_INFINITY;
  #pending: Promise<void> | undefined;

  constructor(private readonly options: ProviderKeysOptions) {}

  /** Finds the key of a token. Rejects when there is none, or when the keys cannot be had. */
  readonly find: JWTVerifyGetKey = async (header, token) => {
    if (this.#ageMs > FRESH_MS) await this.#fetchUnlessTried(RETRY_MS);
    if (!this.#keys || this.#ageMs > USABLE_MS) throw new Error('the keys of the identity provider cannot be had');
    try {
      return await this.#keys(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      await this.#fetchUnlessTried(UNKNOWN_KEY_MS);
      return this.#keys(header, token);
    }
  };

  get #ageMs(): number {
    return this.#now() - this.#fetchedAtMs;
  }

  #now(): number {
    return this.options.now?.() ?? performance.now();
  }

  /** Resolves when an attempt that is running, or one that was due, has ended, whatever came of it. */
  async #fetchUnlessTried(withinMs: number): Promise<void> {
    if (!this.#pending) {
      if (this.#now() - this.#triedAtMs < withinMs) return;
      this.#triedAtMs = this.#now();
      this.#pending = this.#fetch().finally(() => {
        this.#pending = undefined;
      });
    }
    await this.#pending;
  }

  async #fetch(): Promise<void> {
    try {
      this.#keys = createLocalJWKSet(await fetchKeys(this.options.url));
      this.#fetchedAtMs = this.#now();
    } catch (error) {
      this.options.onFailure(error);
    }
  }
}

async function fetchKeys(url: string): Promise<JSONWebKeySet> {
  const signal = AbortSignal.timeout(FETCH_MS_MAX);
  // A redirect could lead anywhere in the broker's network.
  const response = await fetch(url, { signal, redirect: 'error', headers: { accept: 'application/json' } });
  if (!response.ok || !response.body) {
    await response.body?.cancel();
    throw new Error(`the identity provider answers its keys with status ${response.status}`);
  }
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of response.body) {
    bytes += part.length;
    if (bytes > BYTES_MAX) throw new Error(`the keys of the identity provider have more than ${BYTES_MAX} bytes`);
    parts.push(part);
  }
  return JSON.parse(Buffer.concat(parts).toString('utf8')) as JSONWebKeySet;
}
