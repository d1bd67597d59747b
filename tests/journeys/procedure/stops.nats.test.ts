import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { TestBroker } from '../../support/broker/broker.js';
import { eventually } from '../../support/condition.js';
import { applicationFor, fileApplication } from '../../support/lawful/applications.js';
import { BIRTH, publishEntries } from '../../support/lawful/entries.js';
import {
  type Answer,
  type Body,
  foundLawfulBus,
  type LawfulBus,
  lawfulClient,
  startLawfulBus,
} from '../../support/lawful/lawful-bus.js';
import { CD, D, P, T } from '../../support/lawful/people.js';
import { startNats, temporaryFolder } from '../../support/nats/nats.js';
import { RawSession } from '../../support/raw-client/raw-client.js';
import { publishBatch } from '../../support/raw-client/raw-http.js';
import type { RawSubscription } from '../../support/raw-client/raw-subscription.js';

const WAIT_MS = 20_000;
const READER = 'maternal-health';
const ITEMS = BIRTH.items.map(({ name }: Body) => name);
const REASON = { reason: 'a leak goes on' };
const REFUSED = { status: 403, body: { code: 'GRANT_NOT_IN_FORCE' } };

/** Two brokers of one bus with an entry, and a grant of it that something was delivered under. */
interface Brokers {
  bus: LawfulBus;
  other: TestBroker;
  grant: string;
}

async function openBrokers(t: Test): Promise<Brokers> {
  const nats = await startNats(t);
  const bus = await foundLawfulBus(t, { nats });
  await bus.setClock('2025-12-05T10:00:00+08:00');
  await publishEntries(bus, [BIRTH]);
  const grant = await grantFor(bus);
  return { bus, other: await startLawfulBus(t, { nats }), grant };
}

async function grantFor(bus: LawfulBus): Promise<string> {
  const { id } = await fileApplication(bus, ['wu', 'xu'], applicationFor(BIRTH, READER));
  return (await bus.act('lin', `/v1/applications/${id}/approve`, { items: ITEMS, leftOut: [] })).grant;
}

async function publish({ url, tokens }: Pick<LawfulBus, 'url' | 'tokens'>, id: string): Promise<void> {
  const event = {
    specversion: '1.0',
    id,
    type: BIRTH.id,
    op: 'create',
    data: { idNumber: id, birthDate: '2025-12-04' },
  };
  const [result] = await publishBatch({ url, token: tokens.get('civil-registry') as string }, [event as never]);
  t.notOk(result?.problem, `intake takes ${id}`);
}

const page = ({ tokens }: LawfulBus, { url }: Pick<TestBroker, 'url'>, grant: string): Promise<Answer> =>
  lawfulClient(() => url, tokens).as(READER, 'GET', `/v1/grants/${grant}/events?cursor=pages`);

const idsOf = ({ events }: Pick<RawSubscription, 'events'>): unknown[] => events.map(({ data }) => data?.idNumber);

/** Follows the grant on that broker, as soon as it delivers there. */
async function followed(bus: LawfulBus, { url }: Pick<TestBroker, 'url'>, grant: string) {
  const token = bus.tokens.get(READER) as string;
  const session = await RawSession.open({ url, token, encoding: 'sluice.v1.json' });
  let subscription: RawSubscription | undefined;
  const isOpen = async (): Promise<boolean> => {
    subscription = await session.subscribe({ grant, cursor: 'main' }).catch(() => undefined);
    return subscription !== undefined;
  };
  await eventually(isOpen, `a subscription to ${grant}`, WAIT_MS);
  return { session, subscription: subscription as RawSubscription };
}

/** The text of a stream of server-sent events, once the bus has ended it. */
async function eventStream(bus: LawfulBus, grant: string): Promise<() => Promise<string>> {
  const headers = { authorization: `Bearer ${bus.tokens.get(READER)}`, accept: 'text/event-stream' };
  const answer = await fetch(`${bus.url}/v1/grants/${grant}/events?cursor=stream`, { headers });
  t.equal(answer.status, 200);
  return () => answer.text();
}

const CASES = [
  { scope: 'entry', target: BIRTH.id, by: 'su', reason: `delivery of entry ${BIRTH.id} is stopped` },
  { scope: 'entry', target: BIRTH.id, by: 'lin', reason: `delivery of entry ${BIRTH.id} is stopped` },
  { scope: 'system', target: READER, by: 'sun', reason: `delivery of system ${READER} is stopped` },
  { scope: 'party', target: D, by: 'huang', reason: `delivery of party ${D} is stopped` },
  { scope: 'party', target: P, by: 'huang', reason: `delivery of party ${P} is stopped` },
  { scope: 'node', target: undefined, by: 'huang', reason: 'delivery of the node is stopped' },
  { scope: 'node', target: CD, by: 'pan', reason: 'delivery of the node is stopped' },
] as const;

t.test('a stop ends delivery on every broker before its answer, and after the lift nothing is missing', async (t) => {
  const { bus, other, grant } = await openBrokers(t);
  for (const [index, { scope, target, by, reason }] of CASES.entries()) {
    await t.test(`${scope} ${target ?? ''} by ${by}`, async (t) => {
      const { session, subscription } = await followed(bus, other, grant);
      const streamed = await eventStream(bus, grant);
      await publish(bus, `before-${index}`);
      const [event] = await subscription.collect(1);
      subscription.ack(event?.position ?? 0);
      await subscription.until(() => subscription.acked.length > 0, 'the acknowledgement');

      const answer = await bus.as(by, 'POST', '/v1/stops', { scope, target, ...REASON });
      t.match(answer, { status: 201, body: { kind: 'stops', state: 'standing', next: [{ act: 'lift' }] } });
      await subscription.until(() => subscription.ended !== undefined, 'the end');
      t.match(subscription.ended, { code: 'REVOKED', reason });
      t.match(await streamed(), `event: ended\nretry: 60000\ndata: {"code":"GRANT_NOT_IN_FORCE"`);
      await publish(bus, `meanwhile-${index}`);
      for (const at of [bus, other]) t.match(await page(bus, at, grant), REFUSED);
      await t.rejects(session.subscribe({ grant, cursor: 'main' }), { code: 'GRANT_NOT_IN_FORCE' });
      t.strictSame(idsOf(subscription), [`before-${index}`], 'nothing was sent meanwhile');
      t.match(await bus.read('wu', `/v1/grants/${grant}`), { state: /provisioning|in_force/, stopped: scope });
      t.match(await bus.read(READER, '/v1/grants'), { grants: [{ id: grant, stopped: scope }] });
      t.strictSame((await bus.read(READER, '/v1/lag')).cursors, [], 'what is stopped is not behind');
      await session.close();

      const path = `/v1/stops/${answer.body.id}`;
      t.match(await bus.act(by, `${path}/lift`, { reason: 'the leak is closed' }), { state: 'lifted', next: [] });
      const again = await followed(bus, other, grant);
      await again.subscription.collect(1);
      t.strictSame(idsOf(again.subscription), [`meanwhile-${index}`], 'what came meanwhile is delivered');
      again.subscription.ack(again.subscription.events[0]?.position ?? 0);
      await again.subscription.until(() => again.subscription.acked.length > 0, 'the acknowledgement');
      await again.session.close();
      t.notOk('stopped' in (await bus.read('wu', `/v1/grants/${grant}`)));
    });
  }
  const ends = async (): Promise<Body[]> => {
    const { records } = await bus.read('guo', `/v1/ledger?kind=delivery&id=${grant}&limit=1000`);
    return records.filter(({ document }: Body) => document.code === 'REVOKED');
  };
  await eventually(async () => (await ends()).length === CASES.length, 'each end on the ledger', WAIT_MS);
  t.match((await ends())[0], { act: 'ended', document: { grant, subscriptions: [{ cursor: 'main' }] } });
  await t.test('several stops of one target', (t) => severalStops(t, { bus, other, grant }));
  await t.test('what else reads the events', (t) => otherReaders(t, bus, grant));
});

/** A grant delivers again when the last stop that holds for it is lifted. */
async function severalStops(t: Test, { bus, grant }: Brokers): Promise<void> {
  const first = await bus.act('su', '/v1/stops', { scope: 'entry', target: BIRTH.id, ...REASON });
  const second = await bus.act('huang', '/v1/stops', { scope: 'entry', target: BIRTH.id, ...REASON });
  const third = await bus.act('lin', '/v1/stops', { scope: 'entry', target: BIRTH.id, ...REASON });
  await bus.act('su', `/v1/stops/${first.id}/lift`, REASON);
  await bus.act('huang', `/v1/stops/${second.id}/lift`, REASON);
  t.match(await page(bus, bus, grant), REFUSED, 'the second stop of the party that has lifted its first stands');
  await bus.act('su', `/v1/stops/${third.id}/lift`, REASON);
  t.match(await page(bus, bus, grant), { status: 200 });
}

/** Dead letters, cursors, and a contractor who reads the entry whole. */
async function otherReaders(t: Test, bus: LawfulBus, grant: string): Promise<void> {
  const contract = {
    contractor: 'Software Ltd.',
    number: 'C-1',
    approval: 'A-1',
    from: '2025-12-01',
    to: '2026-12-31',
    systems: ['civil-registry'],
  };
  const { id: of } = await bus.act('gao', '/v1/contracts', contract);
  const officer = { id: 'ma', name: { en: 'ma' }, roles: ['contractor'], contract: of };
  bus.tokens.set('ma', (await bus.act('gao', '/v1/officers', officer)).token);
  const access = await bus.act('ma', '/v1/accesses', { contract: of, entry: BIRTH.id, hours: 8, ...REASON });
  await bus.act('su', `/v1/accesses/${access.id}/open`);
  const calls = [
    ['ma', 'GET', `/v1/accesses/${access.id}/events`],
    [READER, 'GET', `/v1/grants/${grant}/dead-letters`],
    [READER, 'POST', `/v1/grants/${grant}/dead-letters/1/redrive`],
    [READER, 'GET', `/v1/lag?grant=${grant}`],
    [READER, 'POST', `/v1/grants/${grant}/cursors/main`],
  ] as const;
  t.match(await bus.as('ma', 'GET', calls[0][2]), { status: 200 });
  const { id } = await bus.act('huang', '/v1/stops', { scope: 'party', target: P, ...REASON });
  for (const [who, method, path] of calls) {
    const body = path.includes('/cursors/') ? { position: 1 } : undefined;
    t.match(await bus.as(who, method, path, body), REFUSED, path);
  }
  await bus.act('huang', `/v1/stops/${id}/lift`, REASON);
  t.match(await bus.as('ma', 'GET', calls[0][2]), { status: 200 });
}

t.test('a stop is for the parties that may stop its target, and is lifted by the one that stopped', async (t) => {
  const { bus } = await openBrokers(t);
  const refusal = async (who: string, body: object, status: number, code: string, path: string) => {
    const answer = await bus.as(who, 'POST', '/v1/stops', { ...REASON, ...body });
    const article = who === 'pan' ? 'R36' : 'R11';
    const expected = { code, ...(code === 'NOT_YOUR_ROLE' && { article }), problems: [{ path }] };
    t.match(answer, { status, body: expected }, `${who} ${JSON.stringify(body)}`);
  };
  const attempts = async (): Promise<number> => {
    const { notices } = await bus.read('huang', '/v1/notices?limit=1000');
    return notices.filter(({ kind }: Body) => kind === 'refused_attempt').length;
  };
  const attemptsBefore = await attempts();
  const entry = { scope: 'entry', target: BIRTH.id };
  const system = { scope: 'system', target: READER };
  for (const who of ['sun', 'chen', 'gao', 'pan']) await refusal(who, entry, 403, 'NOT_YOUR_ROLE', '');
  for (const who of ['xu', 'pan']) await refusal(who, system, 403, 'NOT_YOUR_ROLE', '');
  for (const who of ['su', 'pan']) await refusal(who, { scope: 'party', target: P }, 403, 'NOT_YOUR_ROLE', '');
  t.equal(
    (await attempts()) - attemptsBefore,
    3,
    'each attempt of the platform operator at the stop of a department is a notice',
  );
  for (const who of ['su', 'lin']) await refusal(who, { scope: 'node' }, 403, 'NOT_YOUR_ROLE', '');
  await refusal('su', { scope: 'entry', target: `${P}.none` }, 404, 'NOT_FOUND', '/target');
  await refusal('su', { scope: 'entry', target: READER }, 404, 'NOT_FOUND', '/target');
  await refusal('su', system, 404, 'NOT_FOUND', '/target');
  await refusal('su', { scope: 'system', target: 'no-such-system' }, 404, 'NOT_FOUND', '/target');
  for (const target of ['nobody', 'sluice-canary']) {
    await refusal('huang', { scope: 'party', target }, 404, 'NOT_FOUND', '/target');
  }
  await refusal('pan', { scope: 'node', target: T }, 404, 'NOT_FOUND', '/target');
  await refusal('su', { ...entry, incident: 'in-000000000000' }, 404, 'NOT_FOUND', '/incident');
  await refusal('su', { ...entry, scope: 'grant' }, 400, 'BAD_REQUEST', '/scope');
  await refusal('su', { ...entry, provider: P }, 400, 'BAD_REQUEST', '/provider');
  t.match(await bus.as('su', 'POST', '/v1/stops', {}), {
    status: 422,
    body: {
      code: 'INCOMPLETE',
      article: 'R35',
      problems: [
        { path: '/scope', code: 'INCOMPLETE' },
        { path: '/target', code: 'INCOMPLETE' },
        { path: '/reason', code: 'NO_REASON', article: 'R35' },
      ],
    },
  });
  const unscoped = await bus.as('su', 'POST', '/v1/stops', { ...REASON, target: READER });
  const paths = unscoped.body.problems.map(({ path }: Body) => path);
  t.strictSame(paths, ['/scope'], 'a target is not looked for where no scope is named');
  await once(t, bus, entry);
  await readers(t, bus, system);
});

/** A key gives the same stop again; a lift is judged by `seq`, party and state. */
async function once(t: Test, bus: LawfulBus, entry: object): Promise<void> {
  const headers = { 'idempotency-key': 'stop-1' };
  const made = await bus.as('su', 'POST', '/v1/stops', { ...entry, ...REASON }, headers);
  const again = await bus.as('su', 'POST', '/v1/stops', { ...entry, ...REASON }, headers);
  t.match(again, { status: 201, body: { id: made.body.id } });
  t.equal(again.headers.get('idempotent-replayed'), 'true');
  const path = `/v1/stops/${made.body.id}`;
  t.match(await bus.read('su', path), {
    document: { scope: 'entry', target: BIRTH.id, ...REASON },
    links: { entry: `/v1/catalog/${BIRTH.id}` },
    history: [{ act: 'create', role: 'security_officer', actor: 'officer:su', to: 'standing', ...REASON }],
  });
  t.match(await bus.as('huang', 'POST', `${path}/lift`, REASON), { status: 403, body: { code: 'NOT_YOUR_ROLE' } });
  t.match(await bus.as('sun', 'POST', `${path}/lift`, REASON), { status: 404 });
  t.match(await bus.as('pan', 'POST', `${path}/lift`, REASON), { status: 404 });
  const lift = (ifMatch: number, body = REASON) =>
    bus.as('lin', 'POST', `${path}/lift`, body, { 'if-match': `"${ifMatch}"` });
  t.match(await lift(made.body.seq + 1), { status: 409, body: { code: 'STALE', current: { state: 'standing' } } });
  t.match(await lift(made.body.seq, {} as never), { status: 422, body: { code: 'NO_REASON', article: 'R35' } });
  const onWorklist = async (): Promise<Body[]> => {
    const { items } = await bus.read('lin', '/v1/desk');
    return items.filter(({ file }: Body) => file.id === made.body.id);
  };
  t.match(await onWorklist(), [{ act: 'lift' }]);
  t.match(await lift(made.body.seq), { status: 200, body: { state: 'lifted' } });
  t.match(await bus.as('lin', 'POST', `${path}/lift`, REASON), { status: 409, body: { code: 'WRONG_STATE' } });
  t.strictSame(await onWorklist(), []);
}

/** Parties of a stop read it, the owner does, and the platform operator those of the node. */
async function readers(t: Test, bus: LawfulBus, system: object): Promise<void> {
  const ofSystem = await bus.act('huang', '/v1/stops', { ...system, ...REASON });
  const ofNode = await bus.act('pan', '/v1/stops', { scope: 'node', ...REASON });
  t.match(await bus.read('sun', `/v1/stops/${ofSystem.id}`), { document: { target: READER } });
  t.match(await bus.as('su', 'GET', `/v1/stops/${ofSystem.id}`), { status: 404 });
  t.match(await bus.as('pan', 'GET', `/v1/stops/${ofSystem.id}`), { status: 404 });
  t.match((await bus.read('pan', '/v1/stops')).files, [{ id: ofNode.id }]);
  t.match(await bus.read('pan', `/v1/stops/${ofNode.id}`), { document: { scope: 'node', target: CD } });
  const { notices } = await bus.read('sun', '/v1/notices?limit=1000');
  t.match(
    notices.filter(({ about }: Body) => about.kind === 'stops'),
    [{ kind: 'create', about: { id: ofSystem.id }, article: 'R35' }],
  );
  await bus.act('huang', `/v1/stops/${ofNode.id}/lift`, REASON);
  await bus.act('huang', `/v1/stops/${ofSystem.id}/lift`, REASON);
}

t.test('a stop stands in a broker that starts again', async (t) => {
  const nats = await startNats(t);
  const config = { dataDir: join(await temporaryFolder(t), 'home') };
  const bus = await foundLawfulBus(t, { nats, config });
  await bus.setClock('2025-12-05T10:00:00+08:00');
  await publishEntries(bus, [BIRTH]);
  const grant = await grantFor(bus);
  const { id } = await bus.act('su', '/v1/stops', { scope: 'entry', target: BIRTH.id, ...REASON });
  await publish(bus, 'stopped');
  await bus.broker.drain();
  const again = await startLawfulBus(t, { nats, config });
  for (const [who, token] of bus.tokens) again.tokens.set(who, token);
  t.match(await page(again, again, grant), REFUSED);
  await again.act('lin', `/v1/stops/${id}/lift`, REASON);
  t.match(await page(again, again, grant), { status: 200, body: [{ data: { idNumber: 'stopped' } }, {}] });
});
