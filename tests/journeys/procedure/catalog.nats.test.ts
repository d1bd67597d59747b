import t from 'tap';
import { BIRTH, BIRTH_ID, publishEntries, REGION, REGION_ID } from '../../support/lawful/entries.js';
import { type Body, foundLawfulBus, type LawfulBus } from '../../support/lawful/lawful-bus.js';

const path = (id: string, act = ''): string => `/v1/catalog/${id}${act === '' ? '' : `/${act}`}`;
const put = (bus: LawfulBus, document: Body, who = 'chen') => bus.as(who, 'PUT', path(document.id), document);
const clockOf = (answer: Body, id: string): Body => answer.clocks.findLast((clock: Body) => clock.id === id);
const without = (document: Body, field: string): Body => {
  const { [field]: _, ...rest } = document;
  return rest;
};

t.test('an entry goes from its draft over approval and review to publication (steps 3 to 5)', async (t) => {
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

  const event = { id: 'e-1', op: 'create', type: REGION_ID, time: '2025-12-05T10:00:00+08:00' };
  const sent = await bus.as('civil-registry', 'POST', '/v1/events', { ...event, data: { code: '350000', name: '福建' } });
  t.ok(sent.status < 300, `a published version is live for intake: ${JSON.stringify(sent.body)}`);
});
