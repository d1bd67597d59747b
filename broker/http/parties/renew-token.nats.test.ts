import t from 'tap';
import { startBroker, type TestBroker } from '../../../tests/support/broker/broker.js';
import { spawnBroker } from '../../../tests/support/broker/broker-process.js';
import { eventually } from '../../../tests/support/condition.js';
import { temporaryFolder } from '../../../tests/support/nats/nats.js';
import { RawSession } from '../../../tests/support/raw-client/raw-client.js';
import { call, type RawAnswer } from '../../../tests/support/raw-client/raw-http.js';

const CLINIC_TOKEN = 'clinic-token-of-this-test-0123456789';
const WARD_TOKEN = 'ward-token-of-this-test-0123456789';
const EDITOR_TOKEN = 'editor-token-of-this-test-0123456789';
const KEY = { name: 'id', type: 'string', identifier: true };
const BUNDLE = {
  parties: [{ id: 'health', name: 'Health Commission', level: 'city', regionCode: '350100' }],
  systems: [
    { id: 'clinic', party: 'health', may: ['subscribe'], token: CLINIC_TOKEN },
    { id: 'ward', party: 'health', may: ['subscribe'], token: WARD_TOKEN },
  ],
  officers: [{ id: 'editor', party: 'health', roles: ['catalog_editor', 'auditor'], token: EDITOR_TOKEN }],
  entries: [{ id: 'health.birth', name: 'Births', sharingAttribute: 'conditional', items: [KEY] }],
  grants: [
    {
      id: 'g',
      system: 'ward',
      entry: 'health.birth',
      items: [{ name: 'id' }],
      purpose: 'a test',
      basis: 'a test',
      period: { from: '2020-01-01', to: '2099-12-31' },
    },
  ],
};

const renew = (bus: TestBroker, path: string, token = bus.operatorToken): Promise<RawAnswer> =>
  call({ url: bus.url, token }, 'POST', `/v1/${path}/renew-token`);

const bus = await startBroker(t);
await bus.apply(BUNDLE);

t.test('only the platform operator renews tokens, and only those that exist', async (t) => {
  t.match((await renew(bus, 'systems/clinic', EDITOR_TOKEN)).json, { status: 403, code: 'NOT_ALLOWED' });
  t.match((await renew(bus, 'systems/clinic', CLINIC_TOKEN)).json, { status: 403, code: 'NOT_ALLOWED' });
  t.match((await renew(bus, 'systems/editor')).json, { status: 404, code: 'NOT_FOUND' });
  t.match((await renew(bus, 'officers/clinic')).json, { status: 404, code: 'NOT_FOUND' });
});

t.test('renewing the token of a system ends the old token and its open session at once', async (t) => {
  const open = (token: string) => RawSession.open({ url: bus.url, token, encoding: 'sluice.v1.json' });
  const session = await open(CLINIC_TOKEN);
  const answer = await renew(bus, 'systems/clinic');
  t.equal(answer.status, 200);
  t.equal(answer.headers.get('cache-control'), 'no-store');
  const { system, token } = answer.json as { system: string; token: string };
  t.equal(system, 'clinic');
  await session.until(() => session.closed !== undefined, 'the session to end');
  t.match(session.closed, { code: 4403, reason: /credential/ });
  await t.rejects(open(CLINIC_TOKEN), /401/);
  const next = await open(token);
  await next.close();
});

t.test('renewing the token of a system ends its server-sent events', async (t) => {
  const headers = { authorization: `Bearer ${WARD_TOKEN}`, accept: 'text/event-stream' };
  const stream = await fetch(`${bus.url}/v1/grants/g/events`, { headers });
  t.equal(stream.status, 200);
  await renew(bus, 'systems/ward');
  t.match(await stream.text(), /event: ended/, 'the stream ends by itself');
});

t.test('renewing the token of an officer ends the old token', async (t) => {
  const reads = async (token: string) => (await call({ url: bus.url, token }, 'GET', '/v1/ledger?kind=officer')).status;
  t.equal(await reads(EDITOR_TOKEN), 200);
  const { officer, token } = (await renew(bus, 'officers/editor')).json as { officer: string; token: string };
  t.equal(officer, 'editor');
  t.equal(await reads(EDITOR_TOKEN), 401);
  t.equal(await reads(token), 200);
  const ledger = await call({ url: bus.url, token }, 'GET', '/v1/ledger?kind=officer&id=editor');
  t.match(ledger.json, { records: [{ act: 'put' }, { act: 'token-renewed', actor: 'officer:platform-operator' }] });
  t.notMatch(ledger.text, token, 'the ledger holds no token');
});

t.test('a registered bus does not let the operator renew tokens', async (t) => {
  const platformRegistration = { platform: 'p', owner: 'o', number: '1' };
  const bus = await startBroker(t, { config: { platformRegistration } });
  t.match((await renew(bus, 'officers/platform-operator')).json, { status: 403, code: 'NOT_YOUR_ROLE' });
});

t.test(
  'the log names whose token fails while it is the one before, also after a restart, and never the token',
  async (t) => {
    const folder = await temporaryFolder(t);
    const begun = await spawnBroker(t, folder);
    const operator = { url: begun.url, token: begun.operatorToken };
    t.match(await call(operator, 'POST', '/v1/bundles', JSON.stringify(BUNDLE)), { status: 200 });
    t.equal((await call(operator, 'POST', '/v1/systems/clinic/renew-token')).status, 200);
    await begun.stop();
    const broker = await spawnBroker(t, folder);
    for (const token of [CLINIC_TOKEN, 'a-token-that-nobody-has-ever-had']) {
      t.match(await call({ url: broker.url, token }, 'GET', '/v1/whoami'), {
        status: 401,
        json: { detail: 'the token is not valid' },
      });
    }
    const lines = () =>
      broker
        .log()
        .split('\n')
        .filter((line) => line.includes('"failed log-in"'));
    await eventually(async () => lines().length === 2, 'both lines', 10_000);
    const retired = lines().map((line) => (JSON.parse(line) as { retiredTokenOf?: string }).retiredTokenOf);
    t.strictSame(retired, ['system:clinic', undefined]);
    t.notMatch(broker.log(), CLINIC_TOKEN);
  },
);
