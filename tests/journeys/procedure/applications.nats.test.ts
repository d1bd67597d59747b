import t, { type Test } from 'tap';
import { applicationFor, fileApplication } from '../../support/lawful/applications.js';
import type { Body, LawfulBus } from '../../support/lawful/lawful-bus.js';
import { CD, D, P } from '../../support/lawful/people.js';
import { BIRTH, busWithEntries, REGION_NAME } from '../../support/lawful/published-entries.js';

const clockOf = (answer: Body, id: string): Body => answer.clocks.findLast((clock: Body) => clock.id === id);
const HEALTH = ['wu', 'xu'] as const;
const TAX = ['tan', 'tao'] as const;

t.test('applications run from draft to grant as a department would walk them', async (t) => {
  const bus = await busWithEntries(t, [BIRTH, REGION_NAME]);
  await faultyDraft(t, bus);
  await unconditional(t, bus);
  await conditional(t, bus);
  await silent(t, bus);
  await readBesideActs(t, bus);
});

/** An answer is of one moment: no act stands in its history that is not in its state yet. */
async function readBesideActs(t: Test, bus: LawfulBus): Promise<void> {
  const { id } = await bus.act('wu', '/v1/applications', { entry: REGION_NAME.id });
  const path = `/v1/applications/${id}`;
  for (let round = 0; round < 10; round++) {
    const edit = bus.act('wu', `${path}/edit`, applicationFor(REGION_NAME, 'maternal-health'));
    const answers = await Promise.all(Array.from({ length: 20 }, () => bus.read('xu', path)));
    for (const { seq, history } of answers) if (history.at(-1).seq !== seq) t.equal(history.at(-1).seq, seq);
    await edit;
  }
  t.match(await bus.read('xu', path), { history: { length: 11 } });
}

async function faultyDraft(t: Test, bus: LawfulBus): Promise<void> {
  const wrong = { entry: `${P}.unheard`, system: 'tax-files', period: { from: '2026-02-01', to: '2026-01-01' } };
  const atOnce = await bus.as('wu', 'POST', '/v1/applications', wrong);
  t.strictSame(
    atOnce.body.problems.map(({ path, code }: Body) => `${path} ${code}`),
    ['/entry NOT_IN_CATALOG', '/system BAD_REQUEST', '/period/to BAD_REQUEST'],
  );
}

/** Members of an application that is complete. */
const SIX_PARTS = [
  '/system',
  '/items',
  '/basis',
  '/scenario',
  '/range',
  '/mode',
  '/period',
  '/dutyBasis',
  '/securityMeasures',
  '/truthStatement',
];

/** Steps 6 to 8 of the year, with both calendars known. */
async function unconditional(t: Test, bus: LawfulBus): Promise<void> {
  await bus.setClock('2025-12-31T10:00:00+08:00');
  const draft = await bus.act('wu', '/v1/applications', { entry: REGION_NAME.id });
  t.match(draft, { state: 'draft', kind: 'applications' });
  t.match(
    await bus.as('lin', 'GET', `/v1/applications/${draft.id}`),
    { status: 404 },
    'a draft is its department’s own',
  );
  const lacking = await bus.as('xu', 'POST', `/v1/applications/${draft.id}/sign`);
  t.match(lacking, { status: 422, body: { code: 'INCOMPLETE', article: 'R20' } });
  t.strictSame(
    lacking.body.problems.map(({ path }: Body) => path),
    SIX_PARTS,
  );
  const unfounded = { piGround: undefined, piAssessment: undefined };
  await bus.act('wu', `/v1/applications/${draft.id}/edit`, applicationFor(BIRTH, 'maternal-health', unfounded));
  t.match(await bus.as('xu', 'POST', `/v1/applications/${draft.id}/sign`), {
    status: 422,
    body: { code: 'INCOMPLETE', article: 'R37', problems: [{ path: '/piGround' }, { path: '/piAssessment' }] },
  });
  await bus.act('wu', `/v1/applications/${draft.id}/edit`, applicationFor(REGION_NAME, 'maternal-health'));
  t.match(await bus.as('wu', 'POST', `/v1/applications/${draft.id}/sign`), {
    status: 403,
    body: { code: 'NOT_YOUR_ROLE', article: 'R11' },
  });
  await bus.act('xu', `/v1/applications/${draft.id}/sign`);
  const filed = await bus.act('wu', `/v1/applications/${draft.id}/file`);
  t.match(clockOf(filed, 'D3'), { due: '2026-01-04', provisional: false, state: 'running', party: P });
  t.match(await bus.as('wu', 'POST', `/v1/applications/${draft.id}/edit`, applicationFor(REGION_NAME, 'tax-files')), {
    status: 409,
    body: { code: 'WRONG_STATE' },
  });
  await bus.setClock('2026-01-04T10:00:00+08:00');
  const path = `/v1/applications/${draft.id}/approve`;
  const leaving = { items: ['code'], leftOut: [{ item: 'name', code: 'not_necessary', reason: 'r' }] };
  t.match(await bus.as('lin', 'POST', path, leaving), {
    status: 422,
    body: { code: 'LATE_CONDITION', article: 'R15' },
  });
  const approved = await bus.act('lin', path, { items: ['code', 'name'], leftOut: [] });
  t.match(approved, { state: 'approved', links: { grant: `/v1/grants/${approved.grant}` } });
  t.match(clockOf(approved, 'D3'), { state: 'met' });
  const grant = await bus.read('wu', `/v1/grants/${approved.grant}`);
  t.match(grant, { status: 'provisioning', kind: 'applied', application: draft.id, party: D, version: 1 });
}

/** Steps 12 to 15. */
async function conditional(t: Test, bus: LawfulBus): Promise<void> {
  await bus.setClock('2026-02-06T10:00:00+08:00');
  const filed = await fileApplication(bus, HEALTH, applicationFor(BIRTH, 'maternal-health'));
  const path = `/v1/applications/${filed.id}`;
  t.match(clockOf(filed, 'D4'), { due: '2026-02-27', state: 'running' });
  t.match(clockOf(filed, 'R23.D4'), { due: '2026-02-13', state: 'running' });
  await bus.setClock('2026-02-10T10:00:00+08:00');
  t.match(await bus.as('rui', 'POST', `${path}/ask-supplement`, { missing: [] }), {
    status: 422,
    body: { code: 'INCOMPLETE', article: 'R21', problems: [{ path: '/missing' }] },
  });
  const asked = await bus.act('rui', `${path}/ask-supplement`, { missing: ['order'] });
  t.match(clockOf(asked, 'D4'), { state: 'paused', due: '2026-02-27' });
  t.match(clockOf(asked, 'R23.D4'), { state: 'paused' });
  await bus.setClock('2026-02-12T10:00:00+08:00');
  const lacking = await bus.as('wu', 'POST', `${path}/supplement`, { parts: [{ missing: 'order' }] });
  t.match(lacking, { status: 422, body: { code: 'INCOMPLETE', problems: [{ path: '/parts' }] } });
  const supplied = await bus.act('wu', `${path}/supplement`, { parts: [{ missing: 'order', text: 'no. 7' }] });
  t.match(clockOf(supplied, 'D4'), { state: 'running', pausedDays: 2, due: '2026-03-02' });
  t.match(await bus.as('rui', 'POST', `${path}/ask-supplement`, { missing: ['map'] }), {
    status: 409,
    body: { code: 'SECOND_SUPPLEMENT', article: 'R21' },
  });
  await bus.setClock('2026-02-13T10:00:00+08:00');
  t.match(await bus.as('huang', 'POST', `${path}/extend`, { days: 5 }), { status: 409, body: { code: 'WRONG_STATE' } });
  t.match(await bus.as('lin', 'POST', `${path}/ask-extension`, { days: 11, reason: 'r' }), {
    status: 409,
    body: { code: 'EXTENSION_SPENT', article: 'R21', problems: [{ path: '/days' }] },
  });
  await bus.act('lin', `${path}/ask-extension`, { days: 5, reason: 'many' });
  t.strictSame(
    (await bus.read('huang', path)).extension,
    { days: 5, reason: 'many' },
    'the peer that grants an extension reads what was asked for',
  );
  t.match(await bus.as('huang', 'POST', `${path}/extend`, { days: 6 }), { body: { code: 'EXTENSION_SPENT' } });
  const extended = await bus.act('huang', `${path}/extend`, { days: 5 });
  t.match(extended, { state: 'extended' });
  t.match(clockOf(extended, 'D4'), { due: '2026-03-09', extendedDays: 5 });
  await replied(t, bus, path);
}

async function replied(t: Test, bus: LawfulBus, path: string): Promise<void> {
  await bus.setClock('2026-02-27T10:00:00+08:00');
  const reply = {
    items: ['idNumber', 'birthDate'],
    leftOut: [{ item: 'address', code: 'not_necessary', reason: 'not needed for a calendar' }],
  };
  t.match(await bus.as('rui', 'POST', `${path}/prepare`, { reply: { items: ['idNumber'], leftOut: [] } }), {
    status: 422,
    body: { code: 'INCOMPLETE', problems: [{ path: '/reply/items' }, { path: '/reply/items' }] },
  });
  await bus.act('rui', `${path}/prepare`, { reply });
  t.strictSame((await bus.read('lin', path)).prepared, { reply, by: 'rui' }, 'the body head reads the prepared reply');
  for (const who of ['wu', 'huang']) {
    t.notOk('prepared' in (await bus.read(who, path)), `a reply that is not given is not shown to ${who}`);
  }
  const late = await bus.as('lin', 'POST', `${path}/approve`, { ...reply, conditions: ['pay'] });
  t.match(late, {
    status: 422,
    body: { code: 'LATE_CONDITION', article: 'R15', problems: [{ path: '/conditions/0' }] },
  });
  const { files } = await bus.read('huang', '/v1/violations?document=true');
  t.match(files, [{ document: { code: 'P2', party: P, act: 'approve' } }]);
  t.match(await bus.as('lin', 'POST', `${path}/approve`, { items: ['idNumber'], leftOut: reply.leftOut }), {
    status: 422,
    body: { code: 'INCOMPLETE', problems: [{ path: '/items' }] },
  });
  t.match(await bus.as('lin', 'POST', `${path}/refuse`, { code: 'papers_missing', reason: 'r' }), {
    status: 422,
    body: { code: 'PAPERS_NO_REFUSAL', article: 'R21' },
  });
  t.match(await bus.as('lin', 'POST', `${path}/refuse`, { code: 'security' }), {
    status: 422,
    body: { code: 'NO_REASON', article: 'R21', problems: [{ path: '/reason' }] },
  });
  const approved = await bus.act('lin', `${path}/approve`, { ...reply, conditions: ['no printing'] });
  t.match(clockOf(approved, 'D4'), { state: 'met' });
  const grant = await bus.read('lin', `/v1/grants/${approved.grant}`);
  t.strictSame(
    grant.items.map(({ name }: Body) => name),
    ['idNumber', 'birthDate'],
  );
  t.strictSame(grant.conditions, ['no printing']);
}

/** Step 19: silence approves nothing, and is late once. */
async function silent(t: Test, bus: LawfulBus): Promise<void> {
  await bus.setClock('2026-04-28T10:00:00+08:00');
  const filed = await fileApplication(bus, TAX, applicationFor(BIRTH, 'tax-files'));
  t.match(clockOf(filed, 'D4'), { due: '2026-05-14' });
  await bus.setClock('2026-05-15T00:00:00+08:00');
  const late = await bus.read('tan', `/v1/applications/${filed.id}`);
  t.match(late, { state: 'filed' });
  t.match(clockOf(late, 'D4'), { state: 'late' });
  const { files } = await bus.read('huang', `/v1/violations?about=${filed.id}&document=true`);
  t.match(files, [{ document: { code: 'P4', party: P, clock: 'D4' } }]);
  t.equal(files.length, 1);
  t.match(await bus.as('lin', 'POST', `/v1/applications/${filed.id}/ask-extension`, { days: 1, reason: 'r' }), {
    status: 409,
    body: { code: 'OVERDUE', article: 'R21' },
  });
  const refused = await bus.act('lin', `/v1/applications/${filed.id}/refuse`, { code: 'no_duty_basis', reason: 'r' });
  t.match(refused, { state: 'refused', links: { dispute: '/v1/disputes' } });
  t.match(clockOf(refused, 'D4'), { state: 'late', doneAt: String });
  t.ok(CD);
}
