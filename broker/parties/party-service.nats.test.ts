import t, { type Test } from 'tap';
import { emptyStore, openLedger } from '../../tests/support/broker/ledger.js';
import type { Bus } from '../nats/bus.js';
import { type BootstrapOptions, bootstrap } from './bootstrap.js';
import { BusFacts, secretCheckOf } from './bus-facts.js';
import type { OfficerCaller } from './caller.js';
import { Credentials } from './credentials.js';
import { Officers, Parties, Systems } from './parties.js';
import { PartyService } from './party-service.js';
import { Permissions } from './permissions.js';

const SECRET = 'a secret of at least thirty-two characters';
const START: BootstrapOptions = {
  brokerId: 'broker-1',
  version: '0.1.0',
  bootstrapToken: undefined,
  platformRegistration: undefined,
  secretCheck: secretCheckOf(SECRET),
};
const operator: OfficerCaller = { kind: 'officer', id: 'op', party: 'platform', roles: ['platform_operator'] };
const civil = { id: 'civil', name: 'Civil Affairs', level: 'city' as const, regionCode: '350100' };

async function openService(t: Test, bus: Bus) {
  const [parties, systems, officers] = [new Parties(), new Systems(), new Officers()];
  const credentials = new Credentials(SECRET);
  const facts = new BusFacts();
  const folds = [facts.fold, parties.fold, systems.fold, officers.fold, credentials.fold];
  const ledger = await openLedger(t, bus, folds);
  const service = new PartyService({
    ledger,
    parties,
    systems,
    officers,
    credentials,
    permissions: new Permissions('trial'),
  });
  return { ledger, facts, parties, systems, credentials, service };
}

t.test('the first start founds the bus and hands out one operator token', async (t) => {
  const bus = await emptyStore(t);
  const opened = await openService(t, bus);
  const { ledger, credentials } = opened;
  const { printToken } = await bootstrap(opened, START);
  t.match(printToken, /^slc_[A-Za-z0-9_-]{43}$/);
  t.match(credentials.authenticate(printToken!), {
    kind: 'officer',
    id: 'platform-operator',
    roles: ['platform_operator'],
  });
  t.equal(credentials.authenticate(`${printToken}x`), undefined);
  const [founded] = await ledger.read({ kind: 'bus', id: 'bus', limit: 1 });
  t.match(founded, { act: 'founded', document: { trialMode: true } });
});

t.test('a later start founds nothing, knows the token, and says its mode in the ledger', async (t) => {
  const bus = await emptyStore(t);
  const first = await openService(t, bus);
  await bootstrap(first, { ...START, bootstrapToken: 'typed-in' });
  const second = await openService(t, bus);
  const registration = { platform: 'p', owner: 'o', number: '1' };
  const again = await bootstrap(second, {
    ...START,
    bootstrapToken: 'another',
    platformRegistration: registration,
  });
  t.same(again, { founded: false, printToken: undefined });
  t.ok(second.credentials.authenticate('typed-in'));
  t.notOk(second.credentials.authenticate('another'));
  const started = await second.ledger.read({ kind: 'bus', id: 'broker-1', limit: 10 });
  t.match(started, [{ document: { trialMode: true } }, { document: { trialMode: false, version: '0.1.0' } }]);
});

t.test('a registered bus refuses a broker in trial mode, and any bus one with another secret', async (t) => {
  const bus = await emptyStore(t);
  const registered = { ...START, platformRegistration: { platform: 'p', owner: 'o', number: '1' } };
  await bootstrap(await openService(t, bus), registered);
  const later = await openService(t, bus);
  const { head } = later.ledger;
  await t.rejects(bootstrap(later, START), { name: 'ConfigurationConflictError', message: /platformRegistration/ });
  const other = { ...registered, secretCheck: secretCheckOf('another secret of thirty-two characters') };
  await t.rejects(bootstrap(later, other), { name: 'ConfigurationConflictError', message: /SLUICE_SECRET/ });
  t.equal(later.ledger.head, head, 'neither left a record');
  await bootstrap(later, registered);
});

t.test('a trial bus is registered by one record, once', async (t) => {
  const bus = await emptyStore(t);
  await bootstrap(await openService(t, bus), START);
  const registered = { ...START, platformRegistration: { platform: 'p', owner: 'o', number: '1' } };
  for (const _start of [1, 2]) await bootstrap(await openService(t, bus), registered);
  const { ledger } = await openService(t, bus);
  const acts = await ledger.read({ kind: 'bus', id: 'bus', limit: 10 });
  t.same(
    acts.map(({ act }) => act),
    ['founded', 'registered'],
  );
});

t.test('a system gets its token once; renewing ends the old one', async (t) => {
  const bus = await emptyStore(t);
  const { service, ledger, credentials, systems } = await openService(t, bus);
  await service.putParty(operator, civil);
  const system = { id: 'registry', party: 'civil', may: ['publish' as const] };
  const { token } = await service.putSystem(operator, system);
  t.match(credentials.authenticate(token!), { kind: 'system', id: 'registry', party: 'civil', may: ['publish'] });
  const head = ledger.head;
  t.same(await service.putSystem(operator, system), { token: undefined });
  t.equal(ledger.head, head, 'the same again is no act');
  const renewed = await service.renewToken(operator, 'system', 'registry');
  t.equal(credentials.authenticate(token!), undefined);
  t.ok(credentials.authenticate(renewed));
  t.notMatch(JSON.stringify([await ledger.read({ limit: 100 }), systems.list()]), renewed, 'no token is stored');
});

t.test('refusals name what is wrong', async (t) => {
  const bus = await emptyStore(t);
  const { service } = await openService(t, bus);
  const system = { id: 'registry', party: 'civil', may: ['publish' as const] };
  await t.rejects(service.putSystem(operator, system), { code: 'BAD_REQUEST', message: /no party civil/ });
  await t.rejects(service.putParty({ ...operator, roles: ['auditor'] }, civil), { code: 'NOT_ALLOWED' });
  await t.rejects(service.renewToken(operator, 'system', 'none'), { code: 'NOT_FOUND' });
});
