import t, { type Test } from 'tap';
import { ADMINISTRATORS, HEADS, OFFICERS } from '../../../../cli/commands/bus/lawful/sample-departments.js';
import { type Body, YEAR } from '../../../support/lawful/lawful-bus.js';
import { CD, P } from '../../../support/lawful/people.js';
import { clockOf, grantTo, type LaterBus, noticesAbout, refusedFor, seenBy, startLaterBus } from './later-bus.js';

const HEALTH = ['wu', 'xu'] as const;
const CITY_CD = 'fuzhou-data-bureau';
const { pan: _, ...OF_OWNER } = OFFICERS[CD] as Record<string, readonly string[]>;

/** The departments of the city take part as well: their disputes with the province are handled by the superior. */
const PEOPLE = {
  ...YEAR,
  administrators: ADMINISTRATORS,
  officers: { ...OFFICERS, [CD]: OF_OWNER },
  heads: HEADS,
  systems: { ...YEAR.systems, 'city-register': { by: 'fo', may: 'subscribe' as const } },
  enrollers: { 'fuzhou-civil-affairs': 'fan' },
};

const about = (kind: string, id: string): object => ({ about: { kind, id } });
const REFUSAL = { subject: 'refusal', claim: 'the law names the duty' };

t.test('disputes run as data: settled by two signatures, or coordinated and decided', async (t) => {
  const bus = await startLaterBus(t, PEOPLE);
  await bus.setClock('2026-06-08T10:00:00+08:00');
  await t.test('only a side disputes, and one thing once at a time', (t) => raised(t, bus));
  await t.test('a settlement takes the signatures of two parties over one digest', (t) => settled(t, bus));
  await t.test('a decision grants what was refused, and the limit is met', (t) => decided(t, bus));
  await t.test('a coordination that takes too long is a violation of who handles it', (t) => late(t, bus));
  await t.test('sides of different levels go to the department above both at once', (t) => direct(t, bus));
  await t.test('a decision restores a suspended grant, and a settlement ends one', (t) => grants(t, bus));
  await t.test('a broker that makes its projection anew answers the same', async (t) => {
    const officers = ['wu', 'xu', 'lin', 'tao', 'fei', 'fan', 'huang', 'guo'];
    const before = await seenBy(bus, officers);
    await bus.restartWithoutProjection();
    t.strictSame(await seenBy(bus, officers), before);
  });
});

async function raised(t: Test, bus: LaterBus): Promise<void> {
  const application = await refusedFor(bus, HEALTH, 'maternal-health');
  const ask = (who: string, body: object) => bus.as(who, 'POST', '/v1/disputes', body);
  const whole = { ...about('applications', application), ...REFUSAL };
  t.match(await ask('wu', whole), { status: 403, body: { code: 'NOT_YOUR_ROLE' } });
  t.match(await ask('xu', {}), {
    status: 422,
    body: {
      code: 'INCOMPLETE',
      article: 'R28',
      problems: [{ path: '/about' }, { path: '/subject' }, { path: '/claim' }],
    },
  });
  t.match(await ask('xu', { ...whole, subject: 'mood' }), { status: 400, body: { problems: [{ path: '/subject' }] } });
  t.match(await ask('xu', { ...whole, handler: CD }), {
    status: 400,
    body: { article: 'R8', problems: [{ path: '/handler' }] },
  });
  for (const [who, id] of [
    ['tao', application],
    ['xu', 'ap-none'],
  ] as const) {
    const { status, body } = await ask(who, { ...whole, ...about('applications', id) });
    t.match(
      [status, body.code, body.problems[0].path],
      [409, 'WRONG_STATE', '/about'],
      'other files are not known to it',
    );
  }
  t.match(await ask('xu', { ...whole, direct: true }), {
    status: 409,
    body: { code: 'NEGOTIATION_MISSING', article: 'R28' },
  });
  const made = await ask('xu', whole);
  t.match(made, {
    status: 201,
    body: { state: 'negotiating', clocks: [], next: [{ act: 'settle' }, { act: 'request' }] },
  });
  t.match(await ask('xu', whole), { status: 409, body: { code: 'CONFLICT', problems: [{ path: '/about' }] } });
  const { id } = made.body;
  t.equal((await ask('lin', whole)).status, 201, 'the other side has its own');
  t.match(await noticesAbout(bus, 'lin', id), [{ kind: 'create', to: P, article: 'R28' }]);
  t.strictSame(await noticesAbout(bus, 'huang', id), [], 'nobody coordinates yet');
  t.match(await bus.as('tao', 'GET', `/v1/disputes/${id}`), { status: 404 });
  t.match((await bus.read('lin', `/v1/disputes?about=${application}&state=negotiating`)).files, [{ id }, {}]);
  t.match(await bus.as('huang', 'POST', `/v1/disputes/${id}/coordinate`, {}), {
    status: 409,
    body: { code: 'WRONG_STATE' },
  });
}

async function disputeOf(bus: LaterBus, application: string): Promise<{ id: string; act: Act }> {
  const { id } = await bus.act('xu', '/v1/disputes', { ...about('applications', application), ...REFUSAL });
  return { id, act: (who, name, body = {}) => bus.as(who, 'POST', `/v1/disputes/${id}/${name}`, body) };
}
type Act = (who: string, name: string, body?: object) => ReturnType<LaterBus['as']>;

async function settled(t: Test, bus: LaterBus): Promise<void> {
  const application = await refusedFor(bus, HEALTH, 'maternal-health');
  const { id, act } = await disputeOf(bus, application);
  const digestOf = async () => (await bus.read('xu', `/v1/disputes/${id}`)).document.settlement.digest;
  t.match(await act('lin', 'settle'), { status: 422, body: { code: 'INCOMPLETE', problems: [{ path: '/text' }] } });
  t.match(await act('lin', 'settle', { digest: '0'.repeat(64) }), {
    status: 409,
    body: { code: 'WRONG_STATE', problems: [{ path: '/digest' }] },
  });
  t.match(await act('lin', 'settle', { text: 't', perform: { act: 'terminate', grant: 'gr-none' } }), {
    status: 409,
    body: { code: 'WRONG_STATE', problems: [{ path: '/perform' }] },
  });
  await act('lin', 'settle', { text: 'a draft' });
  const first = await digestOf();
  t.match(await act('lin', 'settle', { text: 'granted', perform: { act: 'grant', application } }), {
    status: 200,
    body: { state: 'negotiating' },
  });
  t.match(await act('lin', 'settle', { digest: await digestOf() }), { status: 403, body: { code: 'FOUR_EYES' } });
  t.match(await act('xu', 'settle', { digest: first }), {
    status: 422,
    body: { code: 'DIGEST_DIFFERS', article: 'R42' },
  });
  t.match(await act('tao', 'settle', { digest: first }), { status: 404 });
  t.match(await act('xu', 'settle', { digest: await digestOf() }), {
    status: 200,
    body: { state: 'settled', next: [] },
  });
  const granted = await bus.read('wu', `/v1/applications/${application}`);
  t.match(granted, { state: 'approved', grant: /^gr-/ });
  t.match(granted.history.at(-1), { act: 'approve', actor: 'bus', from: 'refused' });
  const grant = await bus.read('wu', granted.links.grant);
  t.match(grant, { kind: 'decided', state: 'provisioning', items: [{}, {}, {}] });
  t.match(clockOf(grant, 'D6'), { state: 'running', party: P });
  t.match(await noticesAbout(bus, 'huang', id), [{ kind: 'settle', to: CD }]);
  t.match(await act('xu', 'settle', { text: 't' }), { status: 409, body: { code: 'WRONG_STATE' } });
}

async function decided(t: Test, bus: LaterBus): Promise<void> {
  const application = await refusedFor(bus, HEALTH, 'maternal-health');
  const { id, act } = await disputeOf(bus, application);
  t.match(await act('xu', 'request'), {
    status: 409,
    body: { code: 'NEGOTIATION_MISSING', article: 'R28', problems: [{ path: '/attachments' }] },
  });
  const record = await bus.paper('xu', 'minutes of 2026-06-08');
  const requested = await act('xu', 'request', record);
  t.match(requested, { status: 200, body: { state: 'coordination_requested' } });
  t.match(clockOf(requested.body, 'L28'), { due: '2026-07-21', party: CD, state: 'running' });
  t.match(await act('lin', 'coordinate'), { status: 403, body: { code: 'NOT_YOUR_ROLE' } });
  const found = (await bus.read('huang', '/v1/desk')).items.find(({ file }: Body) => file.id === id);
  t.match(found, { act: 'coordinate', clock: 'L28', daysLeft: 30 });
  t.match(await act('huang', 'coordinate'), { status: 200, body: { state: 'coordinating' } });
  t.match(await act('huang', 'escalate', { government: 'g' }), {
    status: 422,
    body: { code: 'NO_REASON', article: 'R28' },
  });
  await act('huang', 'escalate', { government: 'the province', reason: 'no agreement' });
  await bus.setClock('2026-07-01T10:00:00+08:00');
  const decision = { document: { number: 'MZ-7', date: '2026-07-01' }, perform: { act: 'grant', application } };
  t.match(await act('huang', 'decide', { document: decision.document }), {
    status: 422,
    body: { code: 'INCOMPLETE', problems: [{ path: '/attachments' }, { path: '/perform' }] },
  });
  const paper = await bus.paper('huang', 'the decision');
  t.match(await act('huang', 'decide', { ...decision, ...paper, digest: '0'.repeat(64) }), {
    body: { code: 'DIGEST_DIFFERS' },
  });
  const closed = await act('huang', 'decide', { ...decision, ...paper });
  t.match(closed, { status: 200, body: { state: 'closed' } });
  t.match(clockOf(closed.body, 'L28'), { state: 'met' });
  t.match((await bus.read('xu', `/v1/disputes/${id}`)).history.slice(-2), [
    { act: 'decide', actor: 'officer:huang', to: 'decided', attachments: paper.attachments },
    { act: 'perform', actor: 'bus', to: 'closed' },
  ]);
  t.match(await bus.read('wu', `/v1/applications/${application}`), { state: 'approved' });
  for (const who of ['wu', 'lin']) {
    const kinds = (await noticesAbout(bus, who, id)).map(({ kind }) => kind);
    t.strictSame(kinds.slice(-5), ['request', 'coordinate', 'escalate', 'decide', 'perform'], who);
  }
}

async function late(t: Test, bus: LaterBus): Promise<void> {
  const { id, act } = await disputeOf(bus, await refusedFor(bus, HEALTH, 'maternal-health'));
  await act('xu', 'request', await bus.paper('xu', 'minutes'));
  const { due } = clockOf(await bus.read('xu', `/v1/disputes/${id}`), 'L28');
  await bus.setClock(`${due}T23:59:00+08:00`);
  t.strictSame((await bus.read('guo', `/v1/violations?about=${id}`)).files, []);
  await bus.setClock('2026-08-20T10:00:00+08:00');
  const { files } = await bus.read('guo', `/v1/violations?about=${id}&document=true`);
  t.match(files, [{ document: { code: 'C2', party: CD, clock: 'L28' } }]);
  for (const who of ['xu', 'lin', 'huang']) t.equal((await noticesAbout(bus, who, id, 'overdue')).length, 1, who);
  t.match((await bus.read('huang', '/v1/desk?late=true')).items, [{ file: { id }, act: 'coordinate' }]);
  t.match(await act('huang', 'coordinate'), { status: 200, body: { state: 'coordinating' } }, 'late, not void');
  await act('xu', 'settle', { text: 'withdrawn' });
  const { settlement } = (await bus.read('lin', `/v1/disputes/${id}`)).document;
  const closed = await act('lin', 'settle', { digest: settlement.digest });
  t.match(clockOf(closed.body, 'L28'), { state: 'late', doneAt: /^2026-08-20/ });
}

async function direct(t: Test, bus: LaterBus): Promise<void> {
  const application = await refusedFor(bus, ['fu', 'fei'], 'city-register');
  const body = { ...about('applications', application), ...REFUSAL, direct: true };
  const made = await bus.act('fei', '/v1/disputes', body);
  t.match(made, { state: 'coordination_requested' });
  t.match(clockOf(made, 'L28'), { party: CD, state: 'running' });
  t.match(await bus.as('fan', 'POST', `/v1/disputes/${made.id}/coordinate`, {}), { status: 403 }, `not ${CITY_CD}`);
  for (const who of ['fei', 'lin', 'huang']) t.equal((await noticesAbout(bus, who, made.id, 'create')).length, 1, who);
  t.match(await bus.act('huang', `/v1/disputes/${made.id}/coordinate`), { state: 'coordinating' });
}

async function grants(t: Test, bus: LaterBus): Promise<void> {
  const grant = await grantTo(bus, ['tan', 'tao'], 'tax-files');
  const path = `/v1/grants/${grant}`;
  const pull = (system = 'tax-files') => bus.as(system, 'GET', `${path}/events?cursor=main`);
  const ending = new AbortController();
  const headers = { authorization: `Bearer ${bus.tokens.get('tax-files')}`, accept: 'text/event-stream' };
  await fetch(`${bus.url}${path}/events?cursor=main`, { headers, signal: ending.signal });
  await bus.act('rui', `${path}/verify-endpoint`);
  ending.abort();
  await bus.act('su', `${path}/suspend`, { reason: 'a leaked list' });
  t.match(await pull(), { status: 403 });

  const { id } = await bus.act('tao', '/v1/disputes', { ...about('grants', grant), subject: 'suspension', claim: 'c' });
  const act: Act = (who, name, body = {}) => bus.as(who, 'POST', `/v1/disputes/${id}/${name}`, body);
  await act('tao', 'request', await bus.paper('tao', 'minutes'));
  await act('huang', 'coordinate');
  await act('huang', 'escalate', { government: 'the province', reason: 'no agreement' });
  const paper = await bus.paper('huang', 'the decision');
  const decision = { document: { number: 'MZ-8', date: '2026-08-20' }, ...paper };
  const others = await grantTo(bus, HEALTH, 'maternal-health');
  t.match(await act('huang', 'decide', { ...decision, perform: { act: 'terminate', grant: others } }), {
    status: 409,
    body: { code: 'WRONG_STATE', problems: [{ path: '/perform' }] },
  });
  const restored = await act('huang', 'decide', { ...decision, perform: { act: 'restore', grant, missed: 'skip' } });
  t.match(restored, { status: 200, body: { state: 'closed' } });
  t.match(await bus.read('tan', path), { state: 'in_force', status: 'in_force' });
  t.match((await bus.read('su', `/v1/cases?about=${grant}`)).files, [{ state: 'restored' }]);
  t.match(await pull(), { status: 200 });

  const second = await bus.act('lin', '/v1/disputes', {
    ...about('grants', grant),
    subject: 'termination',
    claim: 'c',
  });
  await bus.act('lin', `/v1/disputes/${second.id}/settle`, { text: 'it ends', perform: { act: 'terminate', grant } });
  const { settlement } = (await bus.read('tao', `/v1/disputes/${second.id}`)).document;
  t.match(settlement, { party: P, text: 'it ends' });
  await bus.act('tao', `/v1/disputes/${second.id}/settle`, { digest: settlement.digest });
  t.match(await pull(), { status: 403 }, 'the right has ended with the answer');
  t.match(await bus.read('tan', path), { state: 'disposing', status: 'terminated' });
  t.match(await bus.read('tan', '/v1/disputes?limit=10'), { files: [{ id }, { id: second.id }] });
}
