import { pino } from 'pino';
import t from 'tap';
import { Metrics } from '../../metrics/metrics.js';
import { AddressBuckets } from './address-buckets.js';
import { callOf, FailedLogins } from './failed-logins.js';

t.test('failed log-ins are logged, counted and slowed down per address', async (t) => {
  let nowMs = 0;
  const lines: string[] = [];
  const { registry, gateway: metrics } = new Metrics();
  const log = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) });
  const failures = new FailedLogins({ log, metrics, nowMs: () => nowMs });
  const codeFrom = (address: string): string =>
    failures.refusal({ address, call: 'POST /v1/events' }, 'token', 'the token is not valid').code;

  for (let i = 0; i < 100; i++) t.equal(codeFrom('192.0.2.1'), 'NOT_AUTHENTICATED');
  t.equal(codeFrom('192.0.2.1'), 'TOO_MANY');
  t.equal(codeFrom('192.0.2.2'), 'NOT_AUTHENTICATED', 'another address is not slowed down');
  nowMs += 200;
  t.equal(codeFrom('192.0.2.1'), 'NOT_AUTHENTICATED', 'a fifth of a second later it may try once more');
  t.equal(codeFrom('192.0.2.1'), 'TOO_MANY');

  t.equal(lines.length, 102, 'one line per failure, none for those that were too many');
  t.match(JSON.parse(lines[0] ?? ''), {
    address: '192.0.2.1',
    failure: 'token',
    call: 'POST /v1/events',
    msg: 'failed log-in',
  });
  const { values } = await registry.getSingleMetric('sluice_logins_failed_total')!.get();
  const counted = values.filter(({ value }) => value > 0);
  t.match(counted, [
    { labels: { failure: 'token' }, value: 102 },
    { labels: { failure: 'throttled' }, value: 2 },
  ]);
});

t.test(
  'a request without a credential is asked for one however many there are, and does not fill the log',
  async (t) => {
    const lines: string[] = [];
    const log = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) });
    const failures = new FailedLogins({ log, metrics: new Metrics().gateway, nowMs: () => 0 });
    for (let i = 0; i < 300; i++)
      t.equal(
        failures.refusal({ address: '192.0.2.1', call: 'GET /v1/grants' }, 'missing', 'a token').code,
        'NOT_AUTHENTICATED',
      );
    t.equal(lines.length, 100);
  },
);

t.test('one IPv6 subscriber counts as one address, and the number of addresses is bounded', async (t) => {
  const buckets = new AddressBuckets({ burst: 1, perSecond: 0, nowMs: () => 0 });
  t.ok(buckets.take('2001:db8:1:2::1'));
  t.notOk(buckets.take('2001:db8:1:2:ffff::9'));
  t.ok(buckets.take('2001:db8:1:3::1'));
  for (let i = 0; i < 10_000; i++) buckets.take(`10.0.${i >> 8}.${i & 255}`);
  t.ok(buckets.take('2001:db8:1:2::1'), 'the one that was quiet for longest is forgotten');
});

t.test('a failed log-in names the resource that was called, and nothing else of the address', async (t) => {
  const called = (method: string, url: string): string => callOf({ method, url });
  t.equal(called('POST', '/v1/events'), 'POST /v1/events');
  t.equal(called('GET', '/v1/grants/g-one/events?token=secret'), 'GET /v1/grants');
  t.equal(called('GET', '/metrics/grants?party=x'), 'GET /metrics');
  t.equal(called('GET', '/secret'), 'GET of no resource');
  t.equal(called('GET', '/v1/slc_secret'), 'GET of no resource');
});
