import {
  createLocalJWKSet,
  decodeJwt,
  errors,
  type JSONWebKeySet,
  type JWTPayload,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
  jwtVerify,
} from 'jose';
import type { Logger } from 'pino';
import { SluiceError } from '../../../proto/errors.js';
import type { OidcIssuer } from '../../config.js';
import { ProviderKeys } from './provider-keys.js';

/** Signatures by a key of the provider alone: a shared secret would let every client of the provider make tokens. */
const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA'];
/** Difference that the clocks of provider and broker may have. */
const TOLERANCE_SECONDS = 60;
/** Tokens that are being judged at one time; each may wait for the keys of its provider. */
const IN_FLIGHT_MAX = 64;
const CLAIM_CHARACTERS_MAX = 512;
/** Keys that are tried for a token that names none; a provider has one or two of a kind, while it changes them. */
const KEYS_TRIED_MAX = 8;
/** Three parts in base64url, of which the first is a JSON object. */
const JWT = /^eyJ[\w-]*\.[\w-]+\.[\w-]+$/;

interface Provider extends OidcIssuer {
  keys: JWTVerifyGetKey;
}

/** The person whom a token names. */
export interface Identity {
  /** `<issuer>|<claim>`, as the appointment of the officer has it. */
  subject: string;
  /** End of the token with the tolerance, in milliseconds since 1970, by real time. */
  endsAtMs: number;
}

/** Judges tokens of the identity providers of departments (docs/decisions/0158). */
export class IdentityProviders {
  readonly #providers: readonly Provider[];
  #inFlight = 0;

  constructor(providers: readonly OidcIssuer[], log: Pick<Logger, 'warn'>) {
    this.#providers = providers.map((provider) => ({ ...provider, keys: keysOf(provider, log) }));
  }

  /** Whether a credential has the form of a token of a provider. */
  mayJudge(token: string): boolean {
    return this.#providers.length > 0 && JWT.test(token);
  }

  /** Undefined for a token that is not valid now. Throws TOO_MANY. */
  async identityOf(token: string): Promise<Identity | undefined> {
    if (this.#inFlight >= IN_FLIGHT_MAX) {
      throw new SluiceError('TOO_MANY', `${IN_FLIGHT_MAX} tokens of identity providers are being judged already`);
    }
    this.#inFlight++;
    try {
      for (const provider of this.#issuersOf(token)) {
        const identity = await judge(token, provider);
        if (identity) return identity;
      }
      return undefined;
    } finally {
      this.#inFlight--;
    }
  }

  /** Providers that the token says to be from, which nothing has proved yet; one issuer may serve several audiences. */
  #issuersOf(token: string): readonly Provider[] {
    try {
      const { iss } = decodeJwt(token);
      return this.#providers.filter(({ issuer }) => issuer === iss);
    } catch {
      return [];
    }
  }
}

function keysOf({ issuer, jwks }: OidcIssuer, log: Pick<Logger, 'warn'>): JWTVerifyGetKey {
  if (typeof jwks !== 'string') return createLocalJWKSet(jwks as unknown as JSONWebKeySet);
  const onFailure = (error: unknown): void => {
    log.warn({ issuer, err: error }, 'the keys of an identity provider cannot be fetched: its officers cannot sign in');
  };
  return new ProviderKeys({ url: jwks, onFailure }).find;
}

async function judge(
  token: string,
  { issuer, audience, keys, subjectClaim = 'sub' }: Provider,
): Promise<Identity | undefined> {
  try {
    const payload = await verified(token, keys, {
      issuer,
      audience,
      algorithms: ALGORITHMS,
      clockTolerance: TOLERANCE_SECONDS,
      requiredClaims: ['exp', subjectClaim],
    });
    const claim = payload[subjectClaim];
    if (typeof claim !== 'string' || claim === '' || claim.length > CLAIM_CHARACTERS_MAX) return undefined;
    return { subject: `${issuer}|${claim}`, endsAtMs: ((payload.exp ?? 0) + TOLERANCE_SECONDS) * 1000 };
  } catch {
    // Whatever is wrong with a token, its sender gets one answer.
    return undefined;
  }
}

/** The claims of a token that is valid. A `kid` is a hint (RFC 7515, 4.1.4): without one each fitting key is tried. */
async function verified(token: string, keys: JWTVerifyGetKey, options: JWTVerifyOptions): Promise<JWTPayload> {
  try {
    return (await jwtVerify(token, keys, options)).payload;
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    let left = KEYS_TRIED_MAX;
    for await (const key of error) {
      if (left-- === 0) break;
      try {
        return (await jwtVerify(token, key, options)).payload;
      } catch (cause) {
        if (!(cause instanceof errors.JWSSignatureVerificationFailed)) throw cause;
      }
    }
    throw error;
  }
}
