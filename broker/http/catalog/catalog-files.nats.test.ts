import t from 'tap';
import { startBroker } from '../../../tests/support/broker/broker.js';
import { change, csv, FIRST, SECOND } from '../../../tests/support/sheets/guide-rows.js';

const BUNDLE = {
  parties: [{ id: 'civil', name: { zh: '民政厅' }, level: 'province', regionCode: '350000' }],
  officers: [{ id: 'chen', party: 'civil', roles: ['catalog_editor'] }],
};
const platformRegistration = { platform: 'p', owner: 'o', number: '1' };

t.test('a sheet is imported and exported over HTTP on a registered bus', async (t) => {
  const bus = await startBroker(t, { config: { platformRegistration } });
  const { tokens } = (await bus.apply(BUNDLE)) as unknown as { tokens: Record<string, string> };
  const call = (path: string, init: RequestInit = {}) =>
    fetch(`${bus.url}${path}`, {
      ...init,
      headers: { authorization: `Bearer ${tokens['officer:chen']}`, 'content-type': 'text/csv', ...init.headers },
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

  const exported = await call('/v1/catalog/export?profile=guide-2017&format=csv');
  const again = await post('profile=guide-2017', await exported.text());
  t.match(await again.text(), /"changed":false/);
  t.equal((await call('/v1/catalog/export?profile=two-sheets')).status, 200);

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
