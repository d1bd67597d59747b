import t from 'tap';
import { ClientAddresses } from './client-address.js';

const behind = (trusted: string[], remoteAddress: string, headers: Record<string, string> = {}): string =>
  new ClientAddresses(trusted).of({ headers, socket: { remoteAddress } });

t.test('without trusted proxies the address is that of the connection, whatever the headers say', async (t) => {
  t.equal(behind([], '192.0.2.1', { 'x-forwarded-for': '198.51.100.9' }), '192.0.2.1');
  t.equal(behind(['10.0.0.0/8'], '192.0.2.1', { forwarded: 'for=198.51.100.9' }), '192.0.2.1');
  t.equal(behind([], '::ffff:192.0.2.1'), '192.0.2.1', 'IPv4 in IPv6 is IPv4');
});

t.test('behind trusted proxies it is the last address that is not trusted', async (t) => {
  const trusted = ['10.0.0.0/8', '::1', 'fd00::/8'];
  const chain = '203.0.113.7, 198.51.100.9, 10.1.1.1';
  t.equal(behind(trusted, '10.0.0.1', { 'x-forwarded-for': chain }), '198.51.100.9', 'not what the client made up');
  t.equal(
    behind(trusted, '::1', { forwarded: 'for=203.0.113.7, For="[2001:db8::5]:4711";proto=https' }),
    '2001:db8::5',
  );
  t.equal(behind(trusted, '::ffff:10.0.0.1', { 'x-forwarded-for': '198.51.100.9:5000' }), '198.51.100.9');
  t.equal(behind(trusted, '10.0.0.1', { 'x-forwarded-for': '10.9.9.9, fd00::1' }), '10.9.9.9', 'all are trusted');
  t.equal(behind(trusted, '10.0.0.1'), '10.0.0.1');
});

t.test('what is no address, or contradicts itself, is not believed', async (t) => {
  const trusted = ['10.0.0.0/8'];
  for (const value of ['unknown', '198.51.100.9, _hidden', '"', ',,,', '999.1.1.1', 'x'.repeat(5000)]) {
    t.equal(behind(trusted, '10.0.0.1', { 'x-forwarded-for': value }), '10.0.0.1', value.slice(0, 40));
    t.equal(behind(trusted, '10.0.0.1', { forwarded: `for=${value}` }), '10.0.0.1', value.slice(0, 40));
  }
  const both = { 'x-forwarded-for': '198.51.100.9', forwarded: 'for=203.0.113.7' };
  t.equal(behind(trusted, '10.0.0.1', both), '10.0.0.1', 'one of them is of the client');
  t.equal(behind(trusted, '10.0.0.1', { ...both, forwarded: 'for=198.51.100.9' }), '198.51.100.9');
});
