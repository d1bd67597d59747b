import t, { type Test } from 'tap';
import { emptyStore, openLedger } from '../../tests/support/broker/ledger.js';
import type { Bus } from '../nats/bus.js';
import { type BootstrapOptions, bootstrap } from './bootstrap.js';
import { BusFacts, secretCheckOf } from './bus-facts.js';
import { Credentials } from './credentials.js';

const SECRET = 'a secret of at least thirty-two characters';
const START: BootstrapOptions = {
  brokerId: 'broker-1',
  version: '0.1.0',
  bootstrapToken: undefined,
  platformRegistration: undefined,
  secretCheck: secretCheckOf(SECRET),
};

async function openParties(t: Test, bus: Bus) {
  const credentials = new Credentials(SECRET);
  const facts = new BusFacts();
  const folds = [facts.fold, credentials.fold];
  const ledger = await openLedger(t, bus, folds);
  return { ledger, facts, credentials };
}

t.test('the first start founds the bus and hands out one operator token', async (t) => {
  const bus = await emptyStore(t);
  const opened = await openParties(t, bus);
  const { ledger, credentials } = opened;
  const { printToken } = await bootstrap(opened, START);
  t.match(printToken, /^slc_[A-Za-z0-9_-]{43}$/);
  t.match(credentials.ownerOf(credentials.digestOf(printToken!)), {
    kind: 'officer',
    id: 'platform-operator',
    roles: ['platform_operator'],
  });
  t.equal(credentials.ownerOf(credentials.digestOf(`${printToken}x`)), undefined);
  const [founded] = await ledger.read({ kind: 'bus', id: 'bus', limit: 1 });
  t.match(founded, { act: 'founded', document: { trialMode: true } });
});

t.test('a later start founds nothing, accepts the first token, and records its mode', async (t) => {
  const bus = await emptyStore(t);
  const first = await openParties(t, bus);
  await bootstrap(first, { ...START, bootstrapToken: 'first-operator-token-0123456789' });
  const second = await openParties(t, bus);
  const registration = { platform: 'p', owner: 'o', number: '1' };
  const again = await bootstrap(second, {
    ...START,
    bootstrapToken: 'other-operator-token-0123456789',
    platformRegistration: registration,
  });
  t.match(again, { founded: false, printToken: undefined });
  t.ok(second.credentials.ownerOf(second.credentials.digestOf('first-operator-token-0123456789')));
  t.notOk(second.credentials.ownerOf(second.credentials.digestOf('other-operator-token-0123456789')));
  const started = await second.ledger.read({ kind: 'bus', id: 'broker-1', limit: 10 });
  t.match(started, [{ document: { trialMode: true } }, { document: { trialMode: false, version: '0.1.0' } }]);
});

t.test('a bus is not founded with a short operator token; a later start ignores the setting', async (t) => {
  const bus = await emptyStore(t);
  const opened = await openParties(t, bus);
  const short = { ...START, bootstrapToken: 'short' };
  await t.rejects(bootstrap(opened, short), { name: 'ConfigError', message: /at least 24 characters/ });
  t.equal(opened.ledger.head, 0);
  await bootstrap(opened, START);
  await bootstrap(await openParties(t, bus), short);
});

t.test('a registered bus refuses a broker in trial mode, and any bus one with another secret', async (t) => {
  const bus = await emptyStore(t);
  const registered = { ...START, platformRegistration: { platform: 'p', owner: 'o', number: '1' } };
  await bootstrap(await openParties(t, bus), registered);
  const later = await openParties(t, bus);
  const { head } = later.ledger;
  await t.rejects(bootstrap(later, START), { name: 'ConfigurationConflictError', message: /platformRegistration/ });
  const other = { ...registered, secretCheck: secretCheckOf('another secret of thirty-two characters') };
  await t.rejects(bootstrap(later, other), { name: 'ConfigurationConflictError', message: /SLUICE_SECRET/ });
  t.equal(later.ledger.head, head, 'neither left a record');
  await bootstrap(later, registered);
});

t.test('a trial bus is registered by one record, once', async (t) => {
  const bus = await emptyStore(t);
  await bootstrap(await openParties(t, bus), START);
  const registered = { ...START, platformRegistration: { platform: 'p', owner: 'o', number: '1' } };
  for (const _start of [1, 2]) await bootstrap(await openParties(t, bus), registered);
  const { ledger } = await openParties(t, bus);
  const acts = await ledger.read({ kind: 'bus', id: 'bus', limit: 10 });
  t.same(
    acts.map(({ act }) => act),
    ['founded', 'registered'],
  );
});
