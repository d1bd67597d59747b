import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect, type PeerCertificate } from 'node:tls';
import t, { type Test } from 'tap';
import { startBroker } from '../../../tests/support/broker/broker.js';
import { makeCertificate, NO_OPENSSL } from '../../../tests/support/certificate.js';
import { temporaryFolder } from '../../../tests/support/nats/nats.js';
import { RawSocket } from '../../../tests/support/raw-client/raw-socket.js';
import { certificateEnds } from './tls.js';

/** The name in the certificate that the broker shows, and the first line of its answer. */
function askOverTls(t: Test, url: string): Promise<{ name: string; answer: string }> {
  const { port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect({ port: Number(port), host: '127.0.0.1', rejectUnauthorized: false }, () =>
      socket.write('GET /healthz HTTP/1.1\r\nhost: broker\r\n\r\n'),
    );
    t.teardown(() => socket.destroy());
    socket.once('error', reject);
    socket.once('data', (chunk: Buffer) => {
      const { subject } = socket.getPeerCertificate() as PeerCertificate;
      resolve({ name: String(subject.CN), answer: chunk.toString().split('\r\n')[0] ?? '' });
    });
  });
}

const skip = NO_OPENSSL;

t.test('a broker with a certificate speaks TLS, and takes another one without a restart', { skip }, async (t) => {
  const folder = await temporaryFolder(t);
  makeCertificate(folder, 'first');
  makeCertificate(folder, 'second');
  const [cert, key] = [join(folder, 'bus.pem'), join(folder, 'bus.key')];
  const use = (name: string): void => {
    copyFileSync(join(folder, `${name}.pem`), cert);
    copyFileSync(join(folder, `${name}.key`), key);
  };
  use('first');
  const { url, broker } = await startBroker(t, { config: { tls: { cert, key, clientCa: undefined } } });
  t.match(url, /^https:/);
  t.same(await askOverTls(t, url), { name: 'first', answer: 'HTTP/1.1 200 OK' });
  use('second');
  broker.reloadTls();
  t.equal((await askOverTls(t, url)).name, 'second');
  copyFileSync(join(folder, 'first.key'), key);
  broker.reloadTls();
  t.equal((await askOverTls(t, url)).name, 'second', 'files that do not belong together change nothing');
  const tls = { cert, key, clientCa: undefined };
  await t.rejects(startBroker(t, { config: { tls } }), { name: 'ConfigError', message: /tls/ });
});

t.test('the end of a certificate is known, that which ends first of a file', { skip }, async (t) => {
  const folder = await temporaryFolder(t);
  const endsAtMs = Date.parse('2031-02-03T04:05:06Z');
  makeCertificate(folder, 'soon', endsAtMs);
  makeCertificate(folder, 'late', endsAtMs + 1_000_000_000);
  const [soon, late] = ['soon', 'late'].map((name) => readFileSync(join(folder, `${name}.pem`), 'utf8')) as [
    string,
    string,
  ];
  t.strictSame(
    [...certificateEnds({ cert: late + soon, ca: Buffer.from(late) })],
    [
      ['tls.cert', endsAtMs / 1000],
      ['tls.clientCa', endsAtMs / 1000 + 1_000_000],
    ],
  );
  t.strictSame([...certificateEnds({})], []);
  const unreadable = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
  t.strictSame([...certificateEnds({ cert: soon, ca: unreadable })], [['tls.cert', endsAtMs / 1000]]);
});

t.test('handshakes of TLS that nobody completes keep nobody out', { skip }, async (t) => {
  const folder = await temporaryFolder(t);
  makeCertificate(folder, 'bus');
  const tls = { cert: join(folder, 'bus.pem'), key: join(folder, 'bus.key'), clientCa: undefined };
  const { url } = await startBroker(t, { config: { tls, http: { maxConnections: 64 } } });
  const half = await Promise.all(Array.from({ length: 100 }, () => RawSocket.open(t, url)));
  for (const socket of half) socket.write(Buffer.from('16030100ff', 'hex'));
  t.match(await askOverTls(t, url), { answer: 'HTTP/1.1 200 OK' });
  await half[0]?.closed;
});
