import t from 'tap';
import { applicationFor } from '../../support/lawful/applications.js';
import { BIRTH, BIRTH_ID, publishEntries, REGION, REGION_ID } from '../../support/lawful/entries.js';
import { type Body, foundLawfulBus, type LawfulBus } from '../../support/lawful/lawful-bus.js';
import { CD, P } from '../../support/lawful/people.js';

const path = (id: string, act = ''): string => `/v1/catalog/${id}${act === '' ? '' : `/${act}`}`;
const put = (bus: LawfulBus, document: Body, who = 'chen') => bus.as(who, 'PUT', path(document.id), document);
const clockOf = (answer: Body, id: string): Body => answer.clocks.findLast((clock: Body) => clock.id === id);
const without = (document: Body, field: string): Body => {
  const { [field]: _, ...rest } = document;
  return rest;
};

t.test('an entry goes from its draft over approval and review to publication', async (t) => {
  const bus = await foundLawfulBus(t);
  await bus.setClock('2025-12-02T10:00:00+08:00');
  const first = await put(bus, without(BIRTH, 'piAssessment'));
  t.match(first, { status: 200, body: { state: 'draft', changed: true, version: 1, warnings: [/piAssessment/] } });
  t.match(await put(bus, REGION), { status: 200, body: { state: 'draft', warnings: [] } });
  t.match(await bus.as('zhao', 'POST', path(BIRTH_ID, 'approve'), { digest: first.body.digest }), {
    status: 422,
    body: { code: 'INCOMPLETE', article: 'R13', problems: [{ path: '/piAssessment', code: 'INCOMPLETE' }] },
  });

  await bus.setClock('2025-12-03T10:00:00+08:00');
  const birth = (await put(bus, BIRTH)).body;
  const again = await put(bus, BIRTH);
  t.match(again, { status: 200, body: { changed: false, seq: birth.seq, digest: birth.digest } });
  const region = (await bus.read('chen', path(REGION_ID, 'file'))) as Body;
  const both = [birth, region].map(({ id, digest, seq }) => ({ id, digest, seq }));
  t.match(await bus.act('zhao', '/v1/catalog/approve', { entries: both }), {
    results: [
      { id: BIRTH_ID, state: 'approved_internal' },
      { id: REGION_ID, state: 'approved_internal' },
    ],
  });
  const edited = (await put(bus, { ...BIRTH, abstract: 'Births as registered' })).body;
  t.equal(edited.state, 'draft', 'an edit voids the approval');
  t.match(await bus.as('zhao', 'POST', path(BIRTH_ID, 'approve'), { digest: birth.digest }), {
    status: 422,
    body: { code: 'DIGEST_DIFFERS', article: 'R42' },
  });
  await bus.act('zhao', path(BIRTH_ID, 'approve'), { digest: edited.digest });
  t.match(await bus.as('huang', 'GET', path(BIRTH_ID, 'file')), { status: 404 }, 'the peer does not see it yet');
  for (const id of [BIRTH_ID, REGION_ID]) {
    const submitted = await bus.act('lin', path(id, 'submit'));
    t.match(submitted, { state: 'under_review', clocks: [] });
    t.equal(submitted.published, undefined);
  }
  t.match(await bus.as('wu', 'GET', path(BIRTH_ID, 'file')), { status: 404 });
  t.match(await bus.read('huang', path(BIRTH_ID, 'file')), {
    state: 'under_review',
    document: { abstract: 'Births as registered' },
    next: [{ act: 'return' }, { act: 'publish', who: 'peer.competent_reviewer' }],
  });

  await bus.setClock('2025-12-05T10:00:00+08:00');
  const entries = [edited, region].map(({ id, digest }) => ({ id, digest }));
  t.match(await bus.act('huang', '/v1/catalog/publish', { entries }), {
    results: [
      { state: 'published', published: 1, version: 1 },
      { state: 'published', published: 1 },
    ],
  });
  const document = await bus.read('wu', path(BIRTH_ID));
  t.match(document, { version: 1, document: { abstract: 'Births as registered' } });
  t.match(await bus.read('wu', path(BIRTH_ID, 'file')), { state: 'published', history: { length: 7 } });
  t.match((await bus.read('wu', '/v1/catalog')).entries, [
    { id: BIRTH_ID, state: 'published', file: { kind: 'catalog', id: BIRTH_ID }, version: 1 },
    { id: REGION_ID },
  ]);
  t.match((await bus.read('tan', '/v1/catalog?state=published')).files, { length: 2 });
  const level = await bus.read('wu', '/v1/catalog?level=regional&region=350000');
  t.strictSame(
    level.entries.map(({ reference }: Body) => reference),
    [`${BIRTH_ID}@1`, `${REGION_ID}@1`],
  );
  t.match((await bus.read('wu', '/v1/catalog?level=regional&region=350100')).entries, { length: 0 });
  t.match((await bus.read('wu', '/v1/catalog?level=national')).entries, { length: 2 }, 'without the canary');

  const event = { specversion: '1.0', id: 'e-1', op: 'create', type: REGION_ID };
  const data = { code: '350000', name: '福建' };
  const time = '2025-12-05T10:00:00+08:00';
  const sent = await bus.as('civil-registry', 'POST', '/v1/events', { ...event, subject: '350000', time, data });
  t.ok(sent.status < 300, `a published version is live for intake: ${JSON.stringify(sent.body)}`);
});

t.test('an update with a trigger has D1 and D2, with one extension', async (t) => {
  const bus = await foundLawfulBus(t);
  await publishEntries(bus, [REGION]);
  const at = (time: string) => bus.setClock(`${time}T10:00:00+08:00`);
  await at('2026-02-28');
  const trigger = { type: 'law', date: '2026-02-28', document: 'Law on region names' };
  const due = await bus.act('huang', path(REGION_ID, 'trigger'), { trigger });
  t.match(due, { state: 'update_due', clocks: [{ id: 'D1', due: '2026-03-13', state: 'running', party: P }] });
  t.strictSame((await bus.read('chen', path(REGION_ID, 'file'))).trigger, trigger, 'the editor reads why it is due');
  await at('2026-03-06');
  const ask = (body: object) => bus.as('lin', 'POST', path(REGION_ID, 'ask-extension'), body);
  t.match(await ask({ days: 6, reason: 'r' }), {
    status: 409,
    body: { code: 'EXTENSION_SPENT', article: 'R17', problems: [{ path: '/days' }] },
  });
  t.match(await ask({ days: 5 }), { status: 422, body: { code: 'NO_REASON', article: 'R17' } });
  t.match(await bus.as('huang', 'POST', path(REGION_ID, 'extend'), { days: 5 }), {
    status: 409,
    body: { code: 'WRONG_STATE' },
  });
  const asked = { days: 4, reason: 'the register changes as well' };
  t.equal((await ask(asked)).status, 200);
  t.strictSame((await bus.read('huang', path(REGION_ID, 'file'))).extension, asked);
  t.match(await ask({ days: 1, reason: 'r' }), { status: 409, body: { code: 'EXTENSION_SPENT' } });
  t.match(await bus.as('huang', 'POST', path(REGION_ID, 'extend'), { days: 5 }), {
    status: 409,
    body: { code: 'EXTENSION_SPENT', problems: [{ path: '/days' }] },
  });
  const extended = await bus.act('huang', path(REGION_ID, 'extend'), { days: 4 });
  t.match(clockOf(extended, 'D1'), { due: '2026-03-19', extendedDays: 4 });

  await at('2026-03-18');
  const items = [...REGION.items, { name: 'level', type: 'string' }];
  const next = (await put(bus, { ...REGION, items })).body;
  t.match(next, { state: 'updating', published: 1, version: 2 });
  t.match(await bus.read('wu', path(REGION_ID, 'file')), {
    state: 'update_due',
    document: { items: { length: 2 } },
    digest: due.digest,
  });
  await bus.act('zhao', path(REGION_ID, 'approve'), { digest: next.digest });
  const submitted = await bus.act('lin', path(REGION_ID, 'submit'));
  t.match(clockOf(submitted, 'D1'), { state: 'met' });
  t.match(clockOf(submitted, 'D2'), { due: '2026-03-20', state: 'running', party: CD });
  const returned = await bus.act('huang', path(REGION_ID, 'return'), { reason: 'the level is not described' });
  t.equal(returned.state, 'returned');
  t.match(clockOf(returned, 'D1'), { state: 'running', due: '2026-03-19', doneAt: undefined });
  t.match(clockOf(returned, 'D2'), { state: 'met' });
  const better = (await put(bus, { ...REGION, items, abstract: 'with levels' })).body;
  t.equal(better.state, 'updating');
  await bus.act('zhao', path(REGION_ID, 'approve'), { digest: better.digest });
  await bus.act('lin', path(REGION_ID, 'submit'));
  await at('2026-03-20');
  const published = await bus.act('huang', path(REGION_ID, 'publish'), { digest: better.digest });
  t.match(published, { state: 'published', published: 2, version: 2 });
  t.match(clockOf(published, 'D1'), { state: 'met', extendedDays: 4 });
  t.match(clockOf(published, 'D2'), { state: 'met', due: '2026-03-20' });
  t.match(await bus.read('wu', path(`${REGION_ID}@1`)), { version: 1, items: { length: 2 } });
});

t.test('a D1 that nobody meets falls late once, as a violation of the provider', async (t) => {
  const bus = await foundLawfulBus(t);
  await publishEntries(bus, [REGION]);
  await bus.setClock('2026-02-28T10:00:00+08:00');
  const trigger = { type: 'duty_change', date: '2026-02-28', document: 'd' };
  await bus.act('lin', path(REGION_ID, 'trigger'), { trigger });
  await bus.setClock('2026-03-14T10:00:00+08:00');
  const late = await bus.read('lin', path(REGION_ID, 'file'));
  t.match(late, { state: 'update_due', clocks: [{ id: 'D1', state: 'late' }] });
  t.equal(late.history.filter(({ act, clock }: Body) => act === 'overdue' && clock === 'D1').length, 1);
  const { files } = await bus.read('lin', `/v1/violations?about=${REGION_ID}&document=true`);
  t.match(files, [{ state: 'open', document: { code: 'P1', party: P, clock: 'D1' } }]);
  t.equal(files.length, 1);
  t.match(await bus.as('lin', 'POST', path(REGION_ID, 'ask-extension'), { days: 1, reason: 'r' }), {
    status: 409,
    body: { code: 'OVERDUE', article: 'R17' },
  });

  const { id } = await bus.act('wu', '/v1/applications', applicationFor(REGION, 'maternal-health'));
  await bus.act('xu', `/v1/applications/${id}/sign`);
  await publishEntries(bus, [{ ...REGION, items: REGION.items.slice(0, 1) }]);
  t.match(
    await bus.as('wu', 'POST', `/v1/applications/${id}/file`),
    { status: 400, body: { code: 'BAD_REQUEST', problems: [{ path: '/items/1/name' }] } },
    'an application is for what the version in force has when it is filed',
  );
});
