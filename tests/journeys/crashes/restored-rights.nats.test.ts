import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { startBroker, type TestBroker } from '../../support/broker/broker.js';
import { sluice } from '../../support/connectors/recording-terminal.js';
import { REGISTER_BUNDLE } from '../../support/connectors/register-bundle.js';
import { applicationFor, fileApplication } from '../../support/lawful/applications.js';
import { BIRTH, publishEntries } from '../../support/lawful/entries.js';
import { foundLawfulBus, type LawfulBus, startLawfulBus } from '../../support/lawful/lawful-bus.js';
import { startNats, temporaryFolder } from '../../support/nats/nats.js';
import { call, mustCall } from '../../support/raw-client/raw-http.js';

const OLD_TOKEN = 'reader-two-token-0123456789';

const act = async ({ url, operatorToken: token }: TestBroker, path: string): Promise<Record<string, unknown>> =>
  (await mustCall({ url, token }, 'POST', path, JSON.stringify({ reason: 'a complaint' }))).json as Record<
    string,
    unknown
  >;

const statusOf = async ({ url, operatorToken: token }: TestBroker, grant: string): Promise<unknown> =>
  ((await mustCall({ url, token }, 'GET', `/v1/grants/${grant}`)).json as { status: string }).status;

/** The message of a start that is refused. */
async function refusal(start: Promise<unknown>): Promise<string> {
  try {
    await start;
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('the broker has started');
}

const codeIn = (message: string): string => /SLUICE_CONFIRM_ENDED=([0-9a-f]+)/.exec(message)?.[1] ?? 'no code';

async function copyOf(t: Test, from: string): Promise<string> {
  const to = join(await temporaryFolder(t), 'copy');
  const copied = await sluice('store', 'copy', '--from', from, '--to', to);
  t.equal(copied.exitCode, 0, copied.err);
  return to;
}

t.test(
  'rights that ended since a restored copy was made end again once an operator has confirmed the list',
  async (t) => {
    const home = join(await temporaryFolder(t), 'home');
    const config = { dataDir: home };
    const bus = await startBroker(t, { config });
    await bus.apply(REGISTER_BUNDLE);
    const copy = await copyOf(t, home);
    await act(bus, '/v1/grants/g-one/suspend');
    await act(bus, '/v1/grants/g-two/suspend');
    await act(bus, '/v1/grants/g-two/restore');
    await mustCall({ url: bus.url, token: bus.operatorToken }, 'POST', '/v1/systems/reader-two/renew-token');
    await bus.broker.drain();
    await rm(home, { recursive: true });
    await rename(copy, home);

    t.match(await refusal(startBroker(t, { config })), /put back to an older state.*SLUICE_RESTORED=1/);
    const list = await refusal(startBroker(t, { config: { ...config, restored: true } }));
    t.match(list, /2 act\(s\) that ended rights/);
    t.match(list, /grant g-one: suspended by officer:platform-operator \(a complaint\)/);
    t.match(list, /system reader-two: token-renewed by officer:platform-operator/);
    t.notMatch(list, /g-two/, 'a suspension that was lifted is not on the list');
    const other = startBroker(t, { config: { ...config, restored: true, confirmEnded: '0123456789ab' } });
    t.match(await refusal(other), /belongs to another list/);

    const confirmed = { ...config, restored: true, confirmEnded: codeIn(list) };
    const restored = await startBroker(t, { config: confirmed });
    t.equal(await statusOf(restored, 'g-one'), 'suspended');
    t.equal(await statusOf(restored, 'g-two'), 'in_force');
    t.equal((await call({ url: restored.url, token: OLD_TOKEN }, 'GET', '/v1/grants')).status, 401);
    const at = { url: restored.url, token: restored.operatorToken };
    const ledger = await mustCall(at, 'GET', '/v1/ledger?kind=grant&id=g-one');
    const { records } = ledger.json as { records: object[] };
    t.match(records.at(-1), {
      actor: 'bus',
      reason: /repeated after a restore: officer:platform-operator at .*, a complaint/,
    });
    await act(restored, '/v1/grants/g-one/restore');
    await restored.broker.drain();

    const later = await startBroker(t, { config });
    t.equal(await statusOf(later, 'g-one'), 'in_force', 'what an officer has done since stands');
  },
);

t.test('the list has to be confirmed to one of several brokers only', async (t) => {
  const nats = await startNats(t);
  const folders = [join(await temporaryFolder(t), 'a'), join(await temporaryFolder(t), 'b')];
  const start = (i: number, config = {}) =>
    startBroker(t, { nats, config: { dataDir: folders[i] as string, ...config } });
  const [a, b] = [await start(0), await start(1)];
  await a.apply(REGISTER_BUNDLE);
  const address = nats.url.replace('//', `//${nats.user}:${nats.pass}@`);
  const copy = await copyOf(t, address);
  await act(b, '/v1/grants/g-one/terminate');
  await a.broker.drain();
  await b.broker.drain();

  const restoredStore = await startNats(t);
  const to = restoredStore.url.replace('//', `//${restoredStore.user}:${restoredStore.pass}@`);
  t.equal((await sluice('store', 'copy', '--from', copy, '--to', to)).exitCode, 0);
  const again = (i: number, config = {}) =>
    startBroker(t, { nats: restoredStore, config: { dataDir: folders[i] as string, ...config } });
  const list = await refusal(again(0, { restored: true }));
  t.match(list, /grant g-one: terminated/);
  const restored = await again(0, { restored: true, confirmEnded: codeIn(list) });
  t.equal(await statusOf(restored, 'g-one'), 'terminated');
  t.equal(await statusOf(await again(1), 'g-one'), 'terminated');
});

t.test('a suspension under the procedure comes back with its case, and an officer who left stays away', async (t) => {
  const dataDir = join(await temporaryFolder(t), 'home');
  const bus = await foundLawfulBus(t, { config: { dataDir } });
  await publishEntries(bus, [BIRTH]);
  const filed = await fileApplication(bus, ['wu', 'xu'], applicationFor(BIRTH, 'maternal-health'));
  const reply = { items: ['idNumber', 'birthDate', 'address'], leftOut: [] };
  const { grant } = await bus.act('lin', `/v1/applications/${filed.id}/approve`, reply);
  await verifiedEndpoint(bus, grant);
  const copy = await copyOf(t, dataDir);
  const suspended = await bus.act('su', `/v1/grants/${grant}/suspend`, { reason: 'a leaked list' });
  await bus.act('gao', '/v1/officers/rui/leave');
  await bus.broker.drain();
  await rm(dataDir, { recursive: true });
  await rename(copy, dataDir);

  const list = await refusal(startLawfulBus(t, { config: { dataDir, restored: true } }));
  t.match(list, /2 act\(s\)|3 act\(s\)/);
  const again = await startLawfulBus(t, { config: { dataDir, restored: true, confirmEnded: codeIn(list) } });
  for (const [who, token] of bus.tokens) again.tokens.set(who, token);
  t.match(await again.read('su', `/v1/grants/${grant}`), { state: 'suspended', status: 'suspended' });
  t.match(await again.read('su', suspended.links.case), { state: 'suspended', document: { grant } });
  t.equal((await again.as('rui', 'GET', '/v1/desk')).status, 401);
  const ordered = await again.act('su', `${suspended.links.case}/order`, {
    demands: 'renew tokens',
    due: '2026-08-21',
  });
  t.match(ordered, { state: 'rectifying' });
});

/** An open stream of the receiving system puts the grant in force. */
async function verifiedEndpoint(bus: LawfulBus, grant: string): Promise<void> {
  const ending = new AbortController();
  const headers = { authorization: `Bearer ${bus.tokens.get('maternal-health')}`, accept: 'text/event-stream' };
  await fetch(`${bus.url}/v1/grants/${grant}/events?cursor=main`, { headers, signal: ending.signal });
  await bus.act('rui', `/v1/grants/${grant}/verify-endpoint`);
  ending.abort();
}

t.test(
  'after a restore a stop stands again, an ended contract stays ended, and a used code opens nothing',
  async (t) => {
    const dataDir = join(await temporaryFolder(t), 'home');
    const bus = await foundLawfulBus(t, { config: { dataDir } });
    const contract = { contractor: 'C', number: '1', approval: '2', from: '2025-12-01', to: '2026-12-31', systems: [] };
    const { id: ended } = await bus.act('gao', '/v1/contracts', contract);
    const { code } = await bus.act('huang', '/v1/enrolments', { party: 'fuzhou-data-bureau' });
    const redeem = (id: string) =>
      bus.as('', 'POST', '/v1/enrolments/redeem', { code, officer: { id, name: { en: id } } });
    const webhook = async (path: string) => {
      const body = { url: `https://oa.health.example/${path}`, secret: 's'.repeat(40) };
      t.match(await bus.as('du', 'PUT', '/v1/parties/fujian-health/webhook', body), { status: 200 });
    };
    await webhook('taken-over');
    const copy = await copyOf(t, dataDir);
    const stop = (target: string): Promise<{ id: string }> =>
      bus.act('huang', '/v1/stops', { scope: 'party', target, reason: 'a leak goes on' });
    const [standing, lifted] = [await stop('fujian-health'), await stop('fujian-tax')];
    await bus.act('huang', `/v1/stops/${lifted.id}/lift`, { reason: 'it is closed' });
    await bus.act('gao', `/v1/contracts/${ended}/end`, { reason: 'the work is done' });
    t.match(await redeem('fang'), { status: 201 });
    await webhook('new');
    await bus.broker.drain();
    await rm(dataDir, { recursive: true });
    await rename(copy, dataDir);

    const list = await refusal(startLawfulBus(t, { config: { dataDir, restored: true } }));
    t.match(list, /4 act\(s\)/);
    t.match(list, 'party fujian-health: put by officer:du');
    t.match(list, /enrolment en-\w+: redeem by bus/);
    t.match(list, `stop ${standing.id}: create by officer:huang (a leak goes on)`);
    t.match(list, `contract ${ended}: end by officer:gao`);
    const again = await startLawfulBus(t, { config: { dataDir, restored: true, confirmEnded: codeIn(list) } });
    for (const [who, token] of bus.tokens) again.tokens.set(who, token);
    t.match(await again.read('gao', `/v1/contracts/${ended}`), { state: 'ended' });
    const second = { code, officer: { id: 'feng', name: { en: 'feng' } } };
    t.match(await again.as('', 'POST', '/v1/enrolments/redeem', second), { status: 401 });
    t.match(await again.act('huang', `/v1/stops/${standing.id}/lift`, { reason: 'it is closed' }), { state: 'lifted' });
  },
);

t.test('the journal of rights is for its owner alone, holds no token, and does not hinder a new bus', async (t) => {
  const home = join(await temporaryFolder(t), 'home');
  const bus = await startBroker(t, { config: { dataDir: home } });
  await bus.apply(REGISTER_BUNDLE);
  await bus.broker.drain();
  const journal = `${home}.rights.ndjson`;
  t.equal((await stat(journal)).mode & 0o777, 0o600);
  t.notMatch(await readFile(journal, 'utf8'), OLD_TOKEN);
  await rm(home, { recursive: true });
  await startBroker(t, { config: { dataDir: home } });
});

t.test('a journal that is configured and knows a bus is not begun anew on an empty ledger', async (t) => {
  const folder = await temporaryFolder(t);
  const config = { dataDir: join(folder, 'home'), rightsJournal: join(folder, 'rights') };
  const bus = await startBroker(t, { config });
  await bus.apply(REGISTER_BUNDLE);
  await bus.broker.drain();
  const known = await readFile(config.rightsJournal, 'utf8');
  await rename(config.dataDir, `${config.dataDir}.unmounted`);
  const list = await refusal(startBroker(t, { config }));
  t.match(list, /the ledger is empty, and .*rights knows \d+ records of a bus/);
  t.equal(await readFile(config.rightsJournal, 'utf8'), known);
});

t.test(
  'a restored start without its journal is refused until an operator has confirmed that there is none',
  async (t) => {
    const home = join(await temporaryFolder(t), 'home');
    const bus = await startBroker(t, { config: { dataDir: home } });
    await bus.apply(REGISTER_BUNDLE);
    await bus.broker.drain();
    const elsewhere = { dataDir: home, rightsJournal: join(await temporaryFolder(t), 'rights'), restored: true };
    const refused = await refusal(startBroker(t, { config: elsewhere }));
    t.match(refused, /no journal of rights at .*rights: .*SLUICE_CONFIRM_ENDED=no-journal/);
    await writeFile(elsewhere.rightsJournal, '');
    t.equal(await refusal(startBroker(t, { config: elsewhere })), refused, 'an empty file is none');
    await startBroker(t, { config: { ...elsewhere, confirmEnded: 'no-journal' } });
  },
);
