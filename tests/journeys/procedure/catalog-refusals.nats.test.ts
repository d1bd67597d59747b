import t from 'tap';
import { applicationFor } from '../../support/lawful/applications.js';
import { BIRTH as BIRTH_DOCUMENT, publishEntries, REGION as REGION_DOCUMENT } from '../../support/lawful/entries.js';
import { type Body, foundLawfulBus, type LawfulBus } from '../../support/lawful/lawful-bus.js';
import { P } from '../../support/lawful/people.js';

const path = (id: string, act = ''): string => `/v1/catalog/${id}${act === '' ? '' : `/${act}`}`;
const put = (bus: LawfulBus, document: Body, who = 'chen') => bus.as(who, 'PUT', path(document.id), document);

/** Entries of their own for each test, which share a bus. */
function entriesOf(name: string): Body {
  const [BIRTH_ID, REGION_ID] = [`${P}.birth-${name}`, `${P}.region-${name}`];
  return {
    BIRTH_ID,
    REGION_ID,
    BIRTH: { ...BIRTH_DOCUMENT, id: BIRTH_ID },
    REGION: { ...REGION_DOCUMENT, id: REGION_ID },
  };
}
const BATCH = 'application/cloudevents-batch+json';
const without = (document: Body, field: string): Body => {
  const { [field]: _, ...rest } = document;
  return rest;
};

t.test('the catalog of a registered bus', async (t) => {
  const bus = await foundLawfulBus(t);

  await t.test('entries are refused with code, article and the field that is wrong', async (t) => {
    const { BIRTH, BIRTH_ID, REGION_ID } = entriesOf('a');
    const refused = async (document: Body, status: number, code: string, article: string, who = 'chen') =>
      t.match(await put(bus, document, who), { status, body: { code, article } }, code);
    const item = (more: object) => ({
      ...BIRTH,
      items: [...BIRTH.items.slice(0, 2), { name: 'x', type: 'string', ...more }],
    });
    await refused(item({ secret: true }), 422, 'SECRET_ITEM', 'R3');
    await refused(item({ grade: 'core' }), 422, 'CORE_DATA', 'R34');
    await refused({ ...BIRTH, standards: [{ name: 'GB/T' }] }, 422, 'ENTRY_INVALID', 'R6');
    await refused({ ...BIRTH, promisedDays: { D4: 11 } }, 422, 'ENTRY_INVALID', 'R23');
    await refused({ ...BIRTH, dataGrade: 'top' }, 422, 'ENTRY_INVALID', 'R13');
    await refused(BIRTH, 403, 'NOT_YOUR_ROLE', 'R11', 'lin');
    await refused(BIRTH, 403, 'NOT_YOUR_ROLE', 'R11', 'wu');
    await refused(BIRTH, 403, 'NOT_YOUR_ROLE', 'R36', 'pan');
    t.match(await bus.as('chen', 'PUT', path(REGION_ID), BIRTH), { status: 400, body: { code: 'BAD_REQUEST' } });
    t.match(await bus.as('chen', 'GET', path(BIRTH_ID, 'file')), { status: 404 }, 'a refused document leaves nothing');

    const approve = (document: Body, digest?: string) =>
      bus.as('zhao', 'POST', path(document.id, 'approve'), digest === undefined ? {} : { digest });
    const exempt = {
      ...without(BIRTH, 'conditions'),
      sharingAttribute: 'not_shared',
      notSharedReason: 'r',
      legalBasis: [{ rank: 'department_rule', title: 'Measures', article: '3' }],
    };
    const { digest } = (await put(bus, exempt)).body;
    t.match(await approve(BIRTH, digest), {
      status: 422,
      body: { code: 'RANK_TOO_LOW', article: 'R14', problems: [{ path: '/legalBasis/0/rank' }] },
    });
    t.match(await approve(BIRTH), {
      status: 422,
      body: { code: 'INCOMPLETE', problems: [{ path: '/digest' }] },
    });
    const bare = { id: BIRTH_ID, name: BIRTH.name };
    const left = (await put(bus, bare)).body;
    const incomplete = await approve(BIRTH, left.digest);
    t.match(incomplete.body, { code: 'INCOMPLETE', article: 'R12', problems: [{ path: '/catalogLevel' }] });
    t.ok(incomplete.body.problems.length > 8, 'all of them at once');
    t.match(await bus.as('lin', 'POST', path(BIRTH_ID, 'submit')), { status: 409, body: { code: 'WRONG_STATE' } });
  });

  await t.test('who may act on an entry is refused by role, four eyes and office', async (t) => {
    const { REGION, REGION_ID } = entriesOf('b');
    const name = { en: 'both' };
    const both = await bus.act('gao', '/v1/officers', { id: 'bo', name, roles: ['catalog_editor', 'department_head'] });
    bus.tokens.set('bo', both.token);
    await bus.act('huang', '/v1/officers/bo/confirm');
    const { digest } = (await put(bus, REGION, 'bo')).body;
    const act = (who: string, name: string, body: object = {}) => bus.as(who, 'POST', path(REGION_ID, name), body);
    t.match(await act('bo', 'approve', { digest }), { status: 403, body: { code: 'FOUR_EYES', article: 'R20' } });
    t.match(await act('lin', 'approve', { digest }), { status: 403, body: { code: 'NOT_YOUR_ROLE', article: 'R11' } });
    t.match(await act('chen', 'publish', { digest }), { status: 403, body: { code: 'TRIAL_ONLY', article: 'R16' } });
    t.match(await act('huang', 'approve', { digest }), { status: 404, body: { code: 'NOT_FOUND' } });
    await bus.act('zhao', path(REGION_ID, 'approve'), { digest });
    await bus.act('lin', path(REGION_ID, 'submit'));
    t.match(await act('huang', 'return'), { status: 422, body: { code: 'NO_REASON', article: 'R16' } });
    t.match(await act('huang', 'publish'), { status: 422, body: { code: 'INCOMPLETE', article: 'R16' } });
    t.match(await put(bus, { ...REGION, abstract: 'other' }), { status: 409, body: { code: 'WRONG_STATE' } });
    await bus.act('huang', path(REGION_ID, 'publish'), { digest });
    const changed = [{ name: 'code', type: 'integer', identifier: true }, REGION.items[1]];
    t.match(await put(bus, { ...REGION, items: changed }), {
      status: 409,
      body: { code: 'INCOMPATIBLE_VERSION', article: 'R27' },
    });
    const trigger = { type: 'law', date: '2030-01-01', document: 'd' };
    t.match(await act('huang', 'trigger', { trigger }), {
      status: 400,
      body: { code: 'BAD_REQUEST', problems: [{ path: '/trigger/date' }] },
    });
    t.match(await act('huang', 'trigger', { trigger: { type: 'law' } }), {
      status: 422,
      body: {
        code: 'INCOMPLETE',
        article: 'R17',
        problems: [{ path: '/trigger/date' }, { path: '/trigger/document' }],
      },
    });
  });

  await t.test('acts on many entries are all done or none, each problem by its number', async (t) => {
    const { BIRTH, BIRTH_ID, REGION } = entriesOf('d');
    const [birth, region] = [(await put(bus, BIRTH)).body, (await put(bus, without(REGION, 'format'))).body];
    const entries = [birth, region].map(({ id, digest }) => ({ id, digest }));
    const approve = (body: object, headers = {}) => bus.as('zhao', 'POST', '/v1/catalog/approve', body, headers);
    t.match(await approve({ entries }), {
      status: 422,
      body: { code: 'INCOMPLETE', article: 'R13', problems: [{ path: '/entries/1/format' }] },
    });
    t.match(await bus.read('chen', path(BIRTH_ID, 'file')), { state: 'draft', seq: birth.seq });
    t.match(await approve({ entries: [{ ...entries[0], seq: 1 }] }), {
      status: 409,
      body: { code: 'STALE', problems: [{ path: '/entries/0' }], current: { file: { id: BIRTH_ID }, seq: birth.seq } },
    });
    t.match(await approve({ entries: [{ id: BIRTH_ID, other: 1 }] }), {
      status: 400,
      body: { code: 'BAD_REQUEST', problems: [{ path: '/entries/0/other' }] },
    });
    t.match(await approve({ entries: [] }), {
      status: 400,
      body: { code: 'BAD_REQUEST', problems: [{ path: '/entries' }] },
    });
    t.match(await approve({}), {
      status: 422,
      body: { code: 'INCOMPLETE', article: 'R13', problems: [{ path: '/entries' }] },
    });
    t.match((await approve({ entries, digest: birth.digest })).body.problems, [
      { path: '/digest', code: 'BAD_REQUEST', text: 'is not a known field' },
    ]);
    const key = { 'idempotency-key': 'approve-1' };
    const one = { entries: entries.slice(0, 1) };
    const first = await approve(one, key);
    t.match(first, { status: 200, body: { results: [{ id: BIRTH_ID, state: 'approved_internal' }] } });
    const again = await approve(one, key);
    t.strictSame([again.status, again.body], [200, first.body]);
    t.equal(again.headers.get('idempotent-replayed'), 'true');
  });

  await t.test('no page of a list says more of drafts than that there are files', async (t) => {
    const { REGION } = entriesOf('list');
    await publishEntries(bus, [REGION]);
    for (const name of ['p', 'q']) await put(bus, { ...REGION, id: `${REGION.id}-${name}` });
    const first = await bus.read('chen', '/v1/catalog?state=draft,published&limit=1');
    t.match(first.next, /^\d+$/, 'whose next is no id of a file');
    const walked: string[] = [];
    for (let after = ''; ; ) {
      const { files, next } = await bus.read('wu', `/v1/catalog?state=draft,published&limit=1${after}`);
      walked.push(...files.map(({ id }: Body) => id));
      if (next === undefined) break;
      t.equal(files.length, 1, 'a page is full while there are more');
      after = `&after=${next}`;
    }
    t.equal(walked.at(-1), REGION.id);
    for (const after of [`${REGION.id}-p`, REGION.id, `${P}.none`, '0', '-1', '1e3', '']) {
      const answer = await bus.as('wu', 'GET', `/v1/catalog?state=draft&after=${encodeURIComponent(after)}`);
      t.match([answer.status, answer.body], [400, { code: 'BAD_REQUEST' }], after);
    }
  });

  await t.test('an entry is withdrawn at the request of its department, and answers that it was', async (t) => {
    const { BIRTH, BIRTH_ID, REGION, REGION_ID } = entriesOf('e');
    await publishEntries(bus, [REGION]);
    const unsigned = applicationFor(REGION, 'maternal-health');
    const act = (who: string, name: string, body: object = {}) => bus.as(who, 'POST', path(REGION_ID, name), body);
    t.match(await act('huang', 'withdraw'), { status: 409, body: { code: 'WRONG_STATE' } }, 'nobody asked for it');
    t.match(await act('lin', 'request-withdrawal'), { status: 422, body: { code: 'NO_REASON', article: 'R27' } });
    const waiting = async (): Promise<string> =>
      (await bus.read('huang', '/v1/desk')).items.find(({ file }: Body) => file.id === REGION_ID)?.act;
    t.equal(await waiting(), 'trigger', 'what may be done at any time');
    await bus.act('lin', path(REGION_ID, 'request-withdrawal'), { reason: 'the register ends' });
    t.equal(await waiting(), 'withdraw', 'the worklist names what the department has asked for');
    await put(bus, { ...REGION, abstract: 'other' });
    t.match(await act('chen', 'discard'), { status: 200, body: { state: 'published', published: 1 } });
    t.match(
      await act('huang', 'withdraw'),
      { status: 409, body: { code: 'WRONG_STATE' } },
      'an edit voids the request',
    );
    await bus.act('lin', path(REGION_ID, 'request-withdrawal'), { reason: 'the register ends' });
    const { id } = await bus.act('wu', '/v1/applications', { ...unsigned, items: [{ name: 'name' }] });
    t.match(await bus.act('huang', path(REGION_ID, 'withdraw')), { state: 'withdrawn' });
    t.match(
      await bus.as('xu', 'POST', `/v1/applications/${id}/sign`, {}),
      { status: 422, body: { code: 'INCOMPLETE', problems: [{ path: '/items', article: 'R20' }] } },
      'the last version says what an application still lacks',
    );
    t.match(await bus.as('wu', 'GET', path(REGION_ID)), { status: 410, body: { code: 'ENTRY_WITHDRAWN' } });
    t.match(await bus.read('wu', path(REGION_ID, 'file')), { state: 'withdrawn', version: 1 });
    t.match(await put(bus, REGION), { status: 409, body: { code: 'WRONG_STATE' } });
    await put(bus, BIRTH);
    await bus.act('chen', path(BIRTH_ID, 'discard'));
    t.match(await bus.as('chen', 'GET', path(BIRTH_ID, 'file')), { status: 404 });
    t.match(await put(bus, BIRTH), { status: 200, body: { state: 'draft', version: 1 } }, 'the id may be used again');
  });

  await t.test('impact, overlaps and quality are for the provider and those above it', async (t) => {
    const { REGION, REGION_ID } = entriesOf('f');
    await publishEntries(bus, [REGION]);
    t.strictSame(await bus.read('chen', path(REGION_ID, 'impact')), { grants: [] });
    t.strictSame(await bus.read('huang', path(REGION_ID, 'overlaps')), { overlaps: [] });
    t.match(await bus.read('huang', path(REGION_ID, 'quality')), {
      validity: null,
      completeness: null,
      freshness: { promise: 'real_time', lastEventAt: null, late: false },
    });
    for (const what of ['impact', 'overlaps', 'quality']) {
      t.match(await bus.as('wu', 'GET', path(REGION_ID, what)), {
        status: 403,
        body: { code: 'NOT_YOUR_ROLE', article: 'R11' },
      });
    }
  });

  await t.test('completeness is that of the newest events', async (t) => {
    const { REGION, REGION_ID } = entriesOf('g');
    await publishEntries(bus, [REGION]);
    const [key, ...others] = REGION.items.map(({ name }: Body) => name) as string[];
    const event = (index: number, data: object) => ({
      specversion: '1.0',
      id: `q-${index}`,
      type: REGION_ID,
      source: `/${P}/civil-registry`,
      subject: `r${index}`,
      op: 'create',
      data: { [key as string]: `r${index}`, ...data },
    });
    const whole = Object.fromEntries(others.map((name) => [name, 'x']));
    const events = Array.from({ length: 1_100 }, (_none, index) => event(index, index < 600 ? {} : whole));
    for (const part of [events.slice(0, 600), events.slice(600)]) {
      const sent = await bus.as('civil-registry', 'POST', '/v1/events', part, { 'content-type': BATCH });
      t.equal(sent.status, 200);
    }
    t.match(await bus.read('chen', path(REGION_ID, 'quality')), { validity: 1, completeness: 1 });
  });

  await t.test('a department without a head in office submits nothing', async (t) => {
    const { REGION, REGION_ID } = entriesOf('c');
    const { digest } = (await put(bus, REGION)).body;
    await bus.act('zhao', path(REGION_ID, 'approve'), { digest });
    const other = await bus.act('gao', '/v1/officers', { id: 'li', name: { en: 'li' }, roles: ['body_head'] });
    bus.tokens.set('li', other.token);
    await bus.act('gao', '/v1/officers/lin/leave');
    t.match(await bus.as('li', 'POST', path(REGION_ID, 'submit')), {
      status: 409,
      body: { code: 'NO_BODY_HEAD', article: 'R11' },
    });
  });
});
