import t, { type Test } from 'tap';
import { type Body, YEAR } from '../../../support/lawful/lawful-bus.js';
import { ASSESSMENTS } from '../../../support/lawful/papers.js';
import { OFFICERS, P, T } from '../../../support/lawful/people.js';
import { clockOf, ENTRY, type LaterBus, noticesAbout, seenBy, startLaterBus } from './later-bus.js';

/** The tax office has a catalog of its own. */
const PEOPLE = {
  ...YEAR,
  officers: { ...OFFICERS, [T]: { ...OFFICERS[T], cheng: ['catalog_editor'], zheng: ['department_head'] } },
};
const OTHER = { ...ENTRY, id: `${T}.newborn`, provider: T, resourceCode: '306004/1', name: { zh: '新生儿' } };
const ITEMS = ['DE00001', 'DE00007'];
const DECISION = { lead: P, document: 'no. 3', from: '2025-12-05' };

t.test('designations run as data: what one kind of file does follows from acts on another', async (t) => {
  const bus = await startLaterBus(t, PEOPLE);
  for (const text of Object.values(ASSESSMENTS)) await bus.paper('cheng', text);
  const id = await overlapping(t, bus);
  await t.test('the lead is one of the providers, and the others must update', (t) => designated(t, bus, id));
  await t.test('the catalogs are updated when all concerned have published', (t) => updated(t, bus, id));
  await t.test('updates are passed on to the lead, who takes or declines them', (t) => passedOn(t, bus, id));
  await t.test('a designation is revised by another one', (t) => revised(t, bus, id));
  await t.test('a broker that makes its projection anew answers the same', async (t) => {
    const officers = ['lin', 'tao', 'cheng', 'xu', 'huang', 'guo'];
    const before = await seenBy(bus, officers);
    await bus.restartWithoutProjection();
    t.strictSame(await seenBy(bus, officers), before);
  });
});

async function lay(bus: LaterBus, text: Body): Promise<string> {
  const { status, body } = await bus.as('cheng', 'PUT', `/v1/catalog/${OTHER.id}`, text);
  if (status !== 200) throw new Error(`PUT: ${JSON.stringify(body)}`);
  await bus.act('zheng', `/v1/catalog/${OTHER.id}/approve`, { digest: body.digest });
  return body.digest;
}

/** L1 by the bus, once. */
async function overlapping(t: Test, bus: LaterBus): Promise<string> {
  const digest = await lay(bus, OTHER);
  await bus.act('tao', `/v1/catalog/${OTHER.id}/submit`);
  const { files } = await bus.read('huang', '/v1/designations?document=true');
  t.match(files, [{ state: 'overlap_found', document: { items: ITEMS }, next: [{ act: 'designate' }] }]);
  const [{ id }] = files;
  t.match(await noticesAbout(bus, 'huang', id), [{ kind: 'create', article: 'R19' }]);
  t.match((await bus.read('lin', `/v1/designations/${id}`)).history, [{ act: 'create', actor: 'bus' }]);
  await bus.act('huang', `/v1/catalog/${OTHER.id}/return`, { reason: 'the abstract' });
  const again = await lay(bus, { ...OTHER, abstract: 'Newborns' });
  t.not(again, digest);
  await bus.act('tao', `/v1/catalog/${OTHER.id}/submit`);
  t.equal((await bus.read('huang', '/v1/designations')).files.length, 1, 'it was found already');
  await bus.act('huang', `/v1/catalog/${OTHER.id}/publish`, { digest: again });
  t.match((await bus.read('huang', `/v1/designations/${id}`)).state, 'overlap_found');
  return id;
}

async function designated(t: Test, bus: LaterBus, id: string): Promise<void> {
  const act = (who: string, name: string, body: object = {}) =>
    bus.as(who, 'POST', `/v1/designations/${id}/${name}`, body);
  t.match(await act('lin', 'designate', DECISION), { status: 403, body: { code: 'NOT_YOUR_ROLE' } });
  t.match(await act('huang', 'designate'), {
    status: 422,
    body: {
      code: 'INCOMPLETE',
      article: 'R19',
      problems: [{ path: '/lead' }, { path: '/document' }, { path: '/from' }],
    },
  });
  t.match(await act('huang', 'designate', { ...DECISION, lead: 'fujian-health', from: '2026-12-31' }), {
    status: 400,
    body: { code: 'BAD_REQUEST', problems: [{ path: '/lead' }, { path: '/from' }] },
  });
  t.match(await act('huang', 'end', { reason: 'r' }), { status: 409, body: { code: 'WRONG_STATE' } });
  t.match(await act('huang', 'designate', DECISION), { status: 200, body: { state: 'designated' } });
  for (const who of ['lin', 'tao']) t.equal((await noticesAbout(bus, who, id, 'designate')).length, 1, who);
  const file = await bus.read('tao', `/v1/catalog/${OTHER.id}/file`);
  t.match(file, { state: 'update_due', history: { length: Number } });
  t.match(file.history.at(-1), { act: 'trigger', actor: 'bus' });
  t.match(clockOf(file, 'D1'), { start: '2025-12-05T00:00:00+08:00', party: T, state: 'running' });
  t.match(await bus.read('lin', `/v1/catalog/${ENTRY.id}/file`), { state: 'published' }, 'the lead has nothing to do');
}

async function updated(t: Test, bus: LaterBus, id: string): Promise<void> {
  const digest = await lay(bus, { ...OTHER, abstract: 'Newborns of taxpayers' });
  t.match(await bus.as('tao', 'POST', `/v1/catalog/${OTHER.id}/submit`, {}), {
    status: 409,
    body: {
      code: 'LEAD_EXISTS',
      article: 'R19',
      problems: [{ path: '/items/0/itemCode' }, { path: '/items/1/itemCode' }],
    },
  });
  const except = { party: T, items: ITEMS, reason: 'by the tax law' };
  t.match(await bus.as('lin', 'POST', `/v1/designations/${id}/except`, except), { status: 403 });
  t.match(await bus.act('huang', `/v1/designations/${id}/except`, except), { state: 'designated' });
  await bus.act('tao', `/v1/catalog/${OTHER.id}/submit`);
  t.match(await bus.read('tao', `/v1/designations/${id}`), { state: 'designated' });
  await bus.act('huang', `/v1/catalog/${OTHER.id}/publish`, { digest });
  const file = await bus.read('tao', `/v1/designations/${id}`);
  t.equal(file.state, 'catalog_updated');
  t.match(file.history.at(-1), { act: 'catalog-updated', actor: 'bus', from: 'designated' });
}

async function passedOn(t: Test, bus: LaterBus, id: string): Promise<void> {
  const act = (who: string, name: string, body: object = {}) =>
    bus.as(who, 'POST', `/v1/designations/${id}/${name}`, body);
  const update = { items: ['DE00007'], text: 'born a day earlier' };
  t.match(await act('lin', 'pass-on', update), { status: 403, body: { code: 'NOT_YOUR_ROLE' } });
  t.match(await act('lin', 'take'), { status: 409, body: { code: 'WRONG_STATE' } });
  t.match(await act('tao', 'pass-on', update), { status: 200, body: { state: 'catalog_updated' } });
  const waiting = async () => (await bus.read('lin', '/v1/desk')).items.find(({ file }: Body) => file.id === id);
  t.match(await waiting(), { act: 'take' });
  t.match(await act('lin', 'decline'), { status: 422, body: { code: 'NO_REASON', article: 'R19' } });
  t.match(await act('lin', 'decline', { reason: 'no time' }), { status: 200 });
  t.match((await bus.read('huang', `/v1/violations?about=${id}&document=true`)).files, [
    { document: { code: 'P3', party: P, act: 'decline', about: { kind: 'designations', id } } },
  ]);
  t.notOk(await waiting());
  await act('tao', 'pass-on', update);
  t.match(await act('lin', 'take'), { status: 200 });
  t.match((await bus.read('tao', `/v1/designations/${id}`)).document.updates, [
    { answer: 'decline' },
    { answer: 'take' },
  ]);
}

async function revised(t: Test, bus: LaterBus, id: string): Promise<void> {
  const ask = (items: string[]) => bus.as('xu', 'POST', '/v1/designations', { items });
  t.match(await ask(['none']), { status: 409, body: { code: 'WRONG_STATE', problems: [{ path: '/items' }] } });
  t.match(await ask(['DE00001']), { status: 201, body: { state: 'overlap_found' } });
  const path = `/v1/designations/${id}/revise`;
  t.match(await bus.as('huang', 'POST', path, { lead: T }), { status: 422, body: { code: 'NO_REASON' } });
  t.match(await bus.act('huang', path, { lead: T, reason: 'they collect them first' }), { state: 'revised' });
  const { revisedBy } = (await bus.read('huang', `/v1/designations/${id}`)).document;
  t.match(await bus.read('huang', `/v1/designations/${revisedBy}`), {
    state: 'designated',
    document: { lead: T, decision: 'no. 3', concerned: [ENTRY.id] },
  });
  t.match(await bus.read('lin', `/v1/catalog/${ENTRY.id}/file`), { state: 'update_due' });
}
