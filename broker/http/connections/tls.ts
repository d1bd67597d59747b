import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { SecureContextOptions } from 'node:tls';
import { createSecureContext } from 'node:tls';
import { ConfigError, type TlsConfig } from '../../config.js';

/** Reads certificate and key, and checks that they belong together. Undefined without a certificate. Throws ConfigError. */
export function readTls({ cert, key, clientCa }: TlsConfig): SecureContextOptions | undefined {
  if (cert === undefined || key === undefined) return undefined;
  const options: SecureContextOptions = {
    cert: readPem('tls.cert', cert),
    key: readPem('tls.key', key),
    ...(clientCa !== undefined && { ca: readPem('tls.clientCa', clientCa) }),
    minVersion: 'TLSv1.2',
  };
  try {
    createSecureContext(options);
  } catch (error) {
    throw new ConfigError([`tls: certificate and key cannot be used (${(error as NodeJS.ErrnoException).code})`]);
  }
  return options;
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/** Setting of a file → end of the certificate in it that ends first, in seconds since 1970. */
export function certificateEnds({ cert, ca }: SecureContextOptions): ReadonlyMap<string, number> {
  const ends = new Map<string, number>();
  for (const [setting, pem] of [
    ['tls.cert', cert],
    ['tls.clientCa', ca],
  ] as const) {
    const certificates = String(pem ?? '').match(CERTIFICATE) ?? [];
    const endsMs = certificates.flatMap(endOf);
    if (endsMs.length > 0) ends.set(setting, Math.min(...endsMs) / 1000);
  }
  return ends;
}

/** None of what cannot be read: OpenSSL leaves it out of a list of authorities, and so the broker serves. */
function endOf(certificate: string): number[] {
  try {
    return [Date.parse(new X509Certificate(certificate).validTo)];
  } catch {
    return [];
  }
}

function readPem(setting: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new ConfigError([`${setting}: ${file} cannot be read (${(error as NodeJS.ErrnoException).code})`]);
  }
}
