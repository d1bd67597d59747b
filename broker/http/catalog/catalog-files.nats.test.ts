import t, { type Test } from 'tap';
import { startBroker } from '../../../tests/support/broker/broker.js';
import { FOUNDING_CODE, type LawfulBus, startLawfulBus } from '../../../tests/support/lawful/lawful-bus.js';
import { CD, PARTIES } from '../../../tests/support/lawful/people.js';
import { change, csv, FIRST, SECOND } from '../../../tests/support/sheets/guide-rows.js';

const BUNDLE = {
  parties: [{ id: 'civil', name: { zh: '民政厅' }, level: 'province', regionCode: '350000' }],
  officers: [{ id: 'chen', party: 'civil', roles: ['catalog_editor'] }],
};
/** A registered bus with the department `civil` and its editor chen. */
async function registeredBus(t: Test): Promise<LawfulBus> {
  const bus = await startLawfulBus(t);
  const civil = { ...BUNDLE.parties[0], type: 'gov_dept', creditCode: '11350000003591000X', superior: CD };
  await bus.act('pan', '/v1/bundles', { parties: [PARTIES[0], civil] });
  const redeem = async (code: string, id: string) => {
    const answer = await bus.act('', '/v1/enrolments/redeem', { code, officer: { id, name: { en: id } } });
    bus.tokens.set(id, answer.token);
  };
  const appoint = async (by: string, id: string, role: string) => {
    const { token } = await bus.act(by, '/v1/officers', { id, name: { en: id }, roles: [role] });
    bus.tokens.set(id, token);
  };
  await redeem(FOUNDING_CODE, 'deng');
  await appoint('deng', 'huang', 'competent_reviewer');
  await redeem((await bus.act('huang', '/v1/enrolments', { party: 'civil' })).code, 'gao');
  await appoint('gao', 'chen', 'catalog_editor');
  return bus;
}

t.test('a sheet is imported and exported over HTTP on a registered bus', async (t) => {
  const bus = await registeredBus(t);
  const call = (path: string, init: RequestInit = {}) =>
    fetch(`${bus.url}${path}`, {
      ...init,
      headers: { authorization: `Bearer ${bus.tokens.get('chen')}`, 'content-type': 'text/csv', ...init.headers },
    });
  const post = (query: string, body: string) => call(`/v1/catalog/import?${query}`, { method: 'POST', body });
  const answer = await post('profile=guide-2017', csv(FIRST, SECOND));
  t.equal(answer.status, 200);
  t.match(answer.headers.get('content-type'), /x-ndjson/);
  const lines = (await answer.text())
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  t.match(lines, [
    { result: 'draft', entry: 'civil.e-306001-1', changed: true },
    { total: 1, drafts: 1 },
  ]);
  const file = await bus.read('chen', '/v1/catalog/civil.e-306001-1/file');
  t.match(file, { state: 'draft', history: [{ act: 'put', role: 'catalog_editor' }] });

  const exported = await call('/v1/catalog/export?profile=guide-2017&format=csv');
  const again = await post('profile=guide-2017', await exported.text());
  t.match(await again.text(), /"changed":false/);
  t.equal((await call('/v1/catalog/export?profile=two-sheets')).status, 200);
  const datasets = await call('/v1/catalog/export?profile=dcat-ap&format=csv');
  t.match(datasets.headers.get('content-type'), /^application\/ld\+json/, 'DCAT-AP is always JSON-LD');
  const jsonld = { method: 'POST', body: await datasets.text(), headers: { 'content-type': 'application/ld+json' } };
  t.match(
    await (await call('/v1/catalog/import?profile=dcat-ap', jsonld)).text(),
    /correctionChannel.*"changed":false/,
  );
  t.equal((await call('/v1/catalog/import?profile=guide-2017', jsonld)).status, 400);

  for (const [query, type] of [
    ['profile=none'],
    ['profile=guide-2017&encoding=latin1'],
    ['profile=guide-2017', 'text/plain'],
  ] as const) {
    const refused = await call(`/v1/catalog/import?${query}`, {
      method: 'POST',
      body: csv(FIRST),
      headers: { 'content-type': type ?? 'text/csv' },
    });
    t.match([refused.status, await refused.json()], [400, { code: 'BAD_REQUEST' }], query);
  }
  const dry = await post('profile=guide-2017&dryRun=true', csv(change(FIRST, '更新周期', '2')));
  t.match(await dry.text(), /"changed":true/);

  const profile =
    'profile: own\nbase: guide-2017\ncolumns: { 更新周期: { field: updateFrequency, map: { 日: daily, "1": daily } } }';
  const yaml = { 'content-type': 'application/yaml' };
  const stored = await call('/v1/profiles/own', { method: 'PUT', body: profile, headers: yaml });
  t.equal(stored.status, 200);
  t.match(await (await call('/v1/profiles/own')).text(), /\{"日":"daily","1":"daily"\}/, 'words keep their order');
  t.equal((await call('/v1/profiles/other', { method: 'PUT', body: profile, headers: yaml })).status, 400);
  t.equal(
    (await call('/v1/profiles/guide-2017', { method: 'PUT', body: 'profile: guide-2017', headers: yaml })).status,
    400,
  );
});

t.test('a trial bus neither imports nor exports sheets', async (t) => {
  const bus = await startBroker(t);
  const { tokens } = (await bus.apply(BUNDLE)) as unknown as { tokens: Record<string, string> };
  const headers = { authorization: `Bearer ${tokens['officer:chen']}` };
  const answer = await fetch(`${bus.url}/v1/catalog/export?profile=guide-2017`, { headers });
  t.match([answer.status, await answer.json()], [403, { code: 'NOT_ALLOWED', article: 'R31' }]);
});
