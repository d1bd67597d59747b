import t from 'tap';
import { startBroker } from '../../../tests/support/broker/broker.js';
import { CIVIL, civilBus } from '../../../tests/support/sheets/civil-bus.js';
import { change, csv, FIRST, SECOND } from '../../../tests/support/sheets/guide-rows.js';

const bus = await civilBus(t);

t.test('a sheet is imported and exported over HTTP on a registered bus', async (t) => {
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

  const asked = { method: 'POST', headers: { 'accept-language': 'zh-CN,zh;q=0.9,en;q=0.5' } };
  const same = change(FIRST, '信息资源名称', '甲');
  const long = change(change(same, '信息资源代码', 'long'), '使用用途', 'x'.repeat(3_000));
  const named = csv(change(FIRST, '更新周期', '别的'), SECOND, same, long.replace('甲', '乙'));
  const inChinese = await call('/v1/catalog/import?profile=guide-2017&dryRun=true', { ...asked, body: named });
  const texts = (await inChinese.text())
    .trim()
    .split('\n')
    .flatMap((line) => JSON.parse(line).text ?? []);
  t.match(texts, [
    /^"别的" 不是该列允许的值$/,
    /^文件中另一条目已使用该代码$/,
    /^目录条目无效：entry civil\.long: .*purpose/,
  ]);
  t.equal(inChinese.headers.get('vary'), 'Accept-Language');

  const profile =
    'profile: own\nbase: guide-2017\ncolumns: { 更新周期: { field: updateFrequency, map: { 日: daily, "1": daily } } }';
  const yaml = { 'content-type': 'application/yaml' };
  const stored = await call('/v1/profiles/own', { method: 'PUT', body: profile, headers: yaml });
  t.equal(stored.status, 200);
  t.match(await (await call('/v1/profiles/own')).text(), /\{"日":"daily","1":"daily"\}/, 'words keep their order');
  const keyed = (body: string) =>
    call('/v1/profiles/keyed', { method: 'PUT', body, headers: { ...yaml, 'idempotency-key': 'profile' } });
  const first = await (await keyed('profile: keyed\nbase: guide-2017')).text();
  const repeated = await keyed('profile: keyed\nbase: guide-2017');
  t.equal(repeated.headers.get('idempotent-replayed'), 'true');
  t.equal(await repeated.text(), first);
  t.match(await (await keyed('profile: keyed\nbase: two-sheets')).json(), { code: 'KEY_REUSED' });
  t.equal((await call('/v1/profiles/other', { method: 'PUT', body: profile, headers: yaml })).status, 400);
  const faulty = await call('/v1/profiles/own', { method: 'PUT', body: `${profile}\nrows: 1`, headers: yaml });
  t.match(await faulty.json(), { problems: [{ path: '/rows', code: 'BAD_REQUEST', text: 'is not a known field' }] });
  const endless = await call('/v1/profiles/own', { method: 'PUT', body: 'profile: &a [*a]', headers: yaml });
  t.match([endless.status, await endless.json()], [400, { code: 'BAD_REQUEST' }], 'a profile that stands in itself');
  t.equal(
    (await call('/v1/profiles/guide-2017', { method: 'PUT', body: 'profile: guide-2017', headers: yaml })).status,
    400,
  );
});

t.test('an import that comes again with its idempotency key is answered as the first time', async (t) => {
  const post = async (key: string, body: string, more = '') => {
    const answer = await fetch(`${bus.url}/v1/catalog/import?profile=guide-2017${more}`, {
      method: 'POST',
      body,
      headers: {
        authorization: `Bearer ${bus.tokens.get('chen')}`,
        'content-type': 'text/csv',
        'idempotency-key': key,
      },
    });
    const replayed = answer.headers.get('idempotent-replayed');
    return { status: answer.status, text: await answer.text(), replayed };
  };
  const sheet = csv(change(FIRST, '信息资源代码', '306001/7'), SECOND);
  const historyOf = async () => (await bus.read('chen', '/v1/catalog/civil.e-306001-7/file')).history.length;
  const both = await Promise.all([post('sheet', sheet), post('sheet', sheet)]);
  t.strictSame(both.map(({ replayed }) => replayed).sort(), ['true', null].sort(), 'the second waits for the first');
  t.match(both[0], { status: 200, text: /"changed":true/ });
  t.equal(both[0]?.text, both[1]?.text);
  t.equal(await historyOf(), 1);

  const other = change(change(FIRST, '信息资源代码', '306001/7'), '信息资源名称', '出生');
  t.match((await post('other', csv(other, SECOND))).text, /"drafts":1|"missing":1/);
  const written = await historyOf();
  t.strictSame(await post('sheet', sheet), { ...both[0], replayed: 'true' }, 'what was laid down since is left alone');
  t.equal(await historyOf(), written);
  t.match(await post('sheet', csv(FIRST)), { status: 409, text: /KEY_REUSED/ });
  t.match(await post('sheet', sheet, '&dryRun=true'), { status: 409, text: /KEY_REUSED/ }, 'another address');
  t.match(await post('dry', sheet, '&dryRun=true'), { status: 200, replayed: null });
  t.match(await post('dry', csv(FIRST), '&dryRun=true'), { status: 200 }, 'nothing was done, so nothing is kept');

  const blank = `\n${','.repeat(17)}`.repeat(70_000);
  const large = (name: string) =>
    `${csv(change(change(FIRST, '信息资源代码', '306001/8'), '信息资源名称', name))}${blank}`;
  t.match(await post('large', large('x')), { status: 200, text: /"total":1/ });
  t.match(await post('large', large('x')), { status: 200, replayed: 'true' });
  t.match(
    await post('large', large('y')),
    { status: 409, text: /KEY_REUSED/ },
    'a body in a file counts by its bytes too',
  );
});

t.test('sheets are for editors, profiles also for the competent department, files for every officer', async (t) => {
  const yaml = { 'content-type': 'application/yaml' };
  const call = async (by: string, path: string, init: RequestInit = {}) => {
    const headers = { authorization: `Bearer ${bus.tokens.get(by)}`, ...(init.headers as Record<string, string>) };
    const answer = await fetch(`${bus.url}${path}`, { ...init, headers });
    const text = await answer.text();
    const { code, article, problems } = answer.ok ? {} : JSON.parse(text);
    return { status: answer.status, code, article, problems, text };
  };
  const put = (by: string, name: string) =>
    call(by, `/v1/profiles/${name}`, { method: 'PUT', body: `profile: ${name}\nbase: guide-2017`, headers: yaml });
  const load = (by: string, profile: string) =>
    call(by, `/v1/catalog/import?profile=${profile}`, {
      method: 'POST',
      body: csv(FIRST, SECOND),
      headers: { 'content-type': 'text/csv' },
    });
  const refused = { status: 403, code: 'NOT_YOUR_ROLE' };
  const calls = (by: string) => [load(by, 'guide-2017'), put(by, 'own'), call(by, '/v1/profiles/guide-2017')];
  for (const answer of await Promise.all([...calls('pan'), call('pan', '/v1/catalog/export?profile=guide-2017')])) {
    t.match(answer, { ...refused, article: 'R36', problems: [{ path: '', code: 'NOT_YOUR_ROLE', article: 'R36' }] });
  }
  for (const answer of await Promise.all(calls('gao'))) t.match(answer, { ...refused, article: 'R11' });
  t.match(await load('huang', 'guide-2017'), { ...refused, article: 'R11' });
  for (const by of ['gao', 'huang', 'chen']) {
    t.match(await call(by, '/v1/catalog/export?profile=guide-2017'), { status: 200 }, by);
  }

  t.match(await put('huang', 'common'), { status: 200 });
  t.match(await load('chen', 'common'), { status: 200 }, 'a department reads by a profile of its competent department');
  t.match(await put('chen', 'mine'), { status: 200 });
  t.match(await call('huang', '/v1/profiles/mine'), { status: 200 });
  t.match(await load('chen', 'mine&profileDocument=AAAA'), { status: 400, code: 'BAD_REQUEST' });

  const entry = 'civil.e-306001-1';
  const exported = (by: string) => call(by, `/v1/catalog/export?profile=guide-2017&format=csv&entry=${entry}`);
  t.match(await exported('gao'), { status: 200, text: /出生登记/ });
  t.match(await exported('huang'), { status: 404, code: 'NOT_FOUND' }, 'the peer has not had the draft before it');
});

t.test('a trial bus neither imports nor exports sheets', async (t) => {
  const trial = await startBroker(t);
  const { tokens } = (await trial.apply(CIVIL)) as unknown as { tokens: Record<string, string> };
  const headers = { authorization: `Bearer ${tokens['officer:chen']}` };
  const answer = await fetch(`${trial.url}/v1/catalog/export?profile=guide-2017`, { headers });
  t.match([answer.status, await answer.json()], [403, { code: 'NOT_ALLOWED', article: 'R31' }]);
});
