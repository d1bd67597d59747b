import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Why tests with certificates are skipped; false where they run. */
export const NO_OPENSSL = hasOpenssl() ? false : 'openssl is not installed';

function hasOpenssl(): boolean {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** `openssl ca` dates a certificate, and needs this configuration. */
const AUTHORITY = `[ca]
default_ca = own
[own]
database = index
serial = serial
new_certs_dir = .
policy = any
x509_extensions = names
unique_subject = no
[any]
commonName = supplied
[names]
subjectAltName = IP:127.0.0.1,DNS:receiver.test
`;

/**
 * Writes a key and a certificate for the loopback address that it has signed itself: `<name>.key`, `<name>.pem`. It is good for 30 days
 * unless it is given its end.
 */
export function makeCertificate(folder: string, name: string, endsAtMs?: number): void {
  const [key, cert] = [`${name}.key`, `${name}.pem`];
  const openssl = (...args: string[]): void => void execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' });
  const request = [
    'req',
    '-nodes',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-subj',
    `/CN=${name}`,
  ];
  if (endsAtMs === undefined) {
    const names = ['-addext', 'subjectAltName=IP:127.0.0.1,DNS:receiver.test'];
    openssl(...request, '-x509', ...names, '-keyout', key, '-out', cert);
    return;
  }
  writeFileSync(join(folder, 'ca.cnf'), AUTHORITY);
  writeFileSync(join(folder, 'index'), '');
  writeFileSync(join(folder, 'serial'), '01\n');
  openssl(...request, '-keyout', key, '-out', `${name}.csr`);
  const end = `${new Date(endsAtMs).toISOString().replace(/[-:T]|\.\d+/g, '')}`;
  const own = ['-batch', '-selfsign', '-notext', '-md', 'sha256', '-keyfile', key, '-enddate', end];
  openssl('ca', '-config', 'ca.cnf', ...own, '-in', `${name}.csr`, '-out', cert);
}
