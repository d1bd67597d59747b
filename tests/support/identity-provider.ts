import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';
import type { Test } from 'tap';

export interface IdentityProvider {
  /** Its name in tokens, and the address of its keys. */
  issuer: string;
  jwks: string;
  /** Requests for the keys so far. */
  requests: number;
  /** Answer of the address instead of the keys, by status and body. */
  answer: { status: number; body: string | Buffer } | undefined;
  publicKeys: JWK[];
  /** Makes a key that is published from now on, unless it is kept back. */
  addKey(alg: string, kid: string, isKeptBack?: boolean): Promise<void>;
  /** Signed by the key `kid`, which its header does not name when it is `isUnnamed`. */
  token(claims: JWTPayload, by?: { kid?: string; alg?: string; isUnnamed?: boolean }): Promise<string>;
  close(): Promise<void>;
}

/** An identity provider on a free port of this machine, with real keys and signatures. */
export async function startIdentityProvider(t: Test): Promise<IdentityProvider> {
  const keys = new Map<string, { alg: string; privateKey: CryptoKey }>();
  const server = createServer((_request, response) => {
    provider.requests++;
    const { status, body } = provider.answer ?? { status: 200, body: JSON.stringify({ keys: provider.publicKeys }) };
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  t.teardown(close);
  const provider: IdentityProvider = {
    issuer,
    jwks: `${issuer}/keys`,
    requests: 0,
    answer: undefined,
    publicKeys: [],
    close,
    addKey: async (alg, kid, isKeptBack = false) => {
      const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
      keys.set(kid, { alg, privateKey });
      if (!isKeptBack) provider.publicKeys.push({ ...(await exportJWK(publicKey)), kid, alg });
    },
    token: (claims, { kid = [...keys.keys()][0] ?? '', alg, isUnnamed = false } = {}) => {
      const key = keys.get(kid);
      if (!key) throw new TypeError(`there is no key ${kid}`);
      const header = { alg: alg ?? key.alg, ...(!isUnnamed && { kid }) };
      return new SignJWT({ iss: issuer, ...claims }).setProtectedHeader(header).sign(key.privateKey);
    },
  };
  return provider;
}

/** Seconds since 1970, so many from now. */
export const inSeconds = (seconds: number): number => Math.floor(Date.now() / 1000) + seconds;
