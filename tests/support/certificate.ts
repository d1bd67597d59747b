import { execFileSync } from 'node:child_process';
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

/** Writes a key and a certificate for the loopback address that it has signed itself: `<name>.key`, `<name>.pem`. */
export function makeCertificate(folder: string, name: string): void {
  const [key, cert] = [join(folder, `${name}.key`), join(folder, `${name}.pem`)];
  const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1,DNS:receiver.test'];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
  execFileSync('openssl', ['req', '-x509', '-nodes', ...curve, ...subject, '-keyout', key, '-out', cert], {
    stdio: 'ignore',
  });
}
