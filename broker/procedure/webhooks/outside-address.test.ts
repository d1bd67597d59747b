import t from 'tap';
import { outsideOr, urlProblem } from './outside-address.js';

const INSIDE = [
  '127.0.0.1',
  '127.8.8.8',
  '0.0.0.0',
  '10.1.2.3',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.0.1',
  '169.254.169.254',
  '100.100.100.200',
  '192.0.0.192',
  '168.63.129.16',
  '224.0.0.1',
  '255.255.255.255',
  '198.18.0.1',
  '::1',
  '::',
  'fe80::1',
  'fe80::1%eth0',
  'fc00::1',
  'fd00:ec2::254',
  'ff02::1',
  'fec0::1',
  '::ffff:127.0.0.1',
  '::ffff:a9fe:a9fe',
  '::127.0.0.1',
  '::7f00:1',
  '::a00:1',
  '4000::1',
  '64:ff9b::7f00:1',
  '64:ff9b:1::a00:1',
  '2002:7f00:1::1',
];
const OUTSIDE = ['8.8.8.8', '203.1.113.5', '172.32.0.1', '2606:4700::1111', '::ffff:8.8.8.8'];

t.test('webhooks reach public addresses, in whatever form an address is written', async (t) => {
  const mayReach = outsideOr([]);
  for (const address of INSIDE) t.notOk(mayReach(address), address);
  for (const address of OUTSIDE) t.ok(mayReach(address), address);
  for (const text of ['', 'example.org', '::g']) t.notOk(mayReach(text), `${text} is no address`);
});

t.test('webhookAllow opens the networks that it names and no others', async (t) => {
  const mayReach = outsideOr(['10.20.0.0/16', 'fd12::/32', '127.0.0.1']);
  for (const address of ['10.20.3.4', '::ffff:10.20.3.4', 'fd12::9', '127.0.0.1']) t.ok(mayReach(address), address);
  for (const address of ['10.21.0.1', 'fd13::9', '127.0.0.2', '::1']) t.notOk(mayReach(address), address);
});

t.test('a URL that can never be reached is refused at once, however its host is written', async (t) => {
  const mayReach = outsideOr([]);
  const refused = [
    'no url',
    'http://example.org/',
    'ftp://example.org',
    'https://user:pass@example.org/',
    '//example.org',
    'https://2130706433/',
    'https://0x7f000001/',
    'https://0177.0.0.1/',
    'https://127.1/',
    'https://0/',
    'https://[::1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[::10.0.0.1]/',
    'https://example.org:0/',
    'https://[64:ff9b::a9fe:a9fe]/',
    'https://169.254.169.254/x',
    'https://localhost/',
    'https://LOCALHOST.:8443/',
    'https://a.localhost/',
    'https://１２７.0.0.1/',
  ];
  for (const url of refused) t.type(urlProblem(url, mayReach), 'string', url);
  for (const url of ['https://example.org/a?b', 'https://8.8.8.8:8443/', 'https://[2606:4700::1111]/']) {
    t.equal(urlProblem(url, mayReach), undefined, url);
  }
  const allowed = outsideOr(['127.0.0.0/8']);
  t.equal(urlProblem('https://localhost:1/', allowed), undefined);
  t.equal(urlProblem('https://2130706433/', allowed), undefined);
  t.type(urlProblem('http://127.0.0.1/', allowed), 'string', 'allowed, but not https');
});
