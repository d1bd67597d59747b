import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';
import { BIRTH, BIRTH_ID } from '../../tests/support/lawful/entries.js';
import { type Body, foundLawfulBus, type LawfulBus } from '../../tests/support/lawful/lawful-bus.js';
import { P } from '../../tests/support/lawful/people.js';
import { ApiError } from '../errors.js';
import { ProcedureClient } from './procedure-client.js';

const clientOf = ({ url, tokens }: LawfulBus, who: string): ProcedureClient =>
  new ProcedureClient({ url, token: tokens.get(who) });

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

t.test('an officer makes, reads, lists and acts on files through the SDK', async (t) => {
  const bus = await foundLawfulBus(t);
  const chen = clientOf(bus, 'chen');
  const zhao = clientOf(bus, 'zhao');
  const lin = clientOf(bus, 'lin');
  const huang = clientOf(bus, 'huang');
  const wu = clientOf(bus, 'wu');

  const draft = await chen.putEntry(BIRTH);
  t.match(draft, { state: 'draft', file: { kind: 'catalog', id: BIRTH_ID }, changed: true, warnings: [] });
  const entries = [{ id: BIRTH_ID, digest: draft.digest }];
  t.match(await zhao.actOnEntries('approve', entries), [{ state: 'approved_internal' }]);
  await lin.actOnEntries('submit', entries);
  t.match(await huang.act('catalog', BIRTH_ID, 'publish', { digest: draft.digest }), { state: 'published' });
  t.match(await wu.get('catalog', BIRTH_ID), { id: BIRTH_ID, document: { id: BIRTH_ID }, history: { length: 4 } });
  t.match(await all(wu.list('catalog', { state: ['published', 'update_due'] })), [{ id: BIRTH_ID }]);

  const first = await wu.make('applications', { entry: BIRTH_ID });
  const second = await wu.make('applications', { entry: BIRTH_ID });
  t.strictSame(
    (await all(wu.list('applications', { state: 'draft' }))).map(({ id }) => id),
    [first.id, second.id],
  );
  const { id, seq } = first;
  const key = { idempotencyKey: 'the-same-key' };
  const cancelled = await wu.act('applications', id, 'cancel', { reason: 'twice' }, key);
  t.strictSame(await wu.act('applications', id, 'cancel', { reason: 'twice' }, key), cancelled, 'done once');

  const refused = await wu.act('applications', second.id, 'edit', { mode: 'post', party: 1 }).catch((error) => error);
  t.ok(refused instanceof ApiError);
  t.strictSame(refused.problems.map(({ path }: Body) => path).sort(), ['/mode', '/party']);
  const stale = await wu.act('applications', id, 'cancel', {}, { ifMatch: seq }).catch((error) => error);
  t.match(stale, { code: 'STALE', status: 409, problem: { current: { state: 'cancelled' } } });
  t.match(
    await clientOf(bus, 'pan')
      .act('applications', id, 'cancel')
      .catch((error) => error),
    { article: 'R36' },
  );

  t.match((await lin.worklist()).items, []);
  t.match(await wu.clock(), { test: true });
  t.match(await clientOf(bus, 'pan').setClock('2026-01-15T10:00:00+08:00'), { now: /^2026-01-15T10:00/ });
  t.ok((await wu.procedures()).some(({ kind, available }) => kind === 'applications' && available));
  t.match(await clientOf(bus, 'gao').setWebhook(P, { url: 'https://oa.example/', secret: 's'.repeat(32) }), { id: P });

  const unread = await all(lin.notices({ unread: true, language: 'en' }));
  t.ok(unread.length > 0);
  t.match(await lin.readNotice((unread[0] as Body).id), { readBy: 'officer:lin' });
  const leaving = new AbortController();
  const last = unread.at(-1)?.id;
  const coming = lin.followNotices({ after: last, language: 'en', signal: leaving.signal });
  await bus.act('gao', '/v1/officers', { id: 'new', name: { en: 'new' }, roles: ['reviewer'] });
  t.match((await coming.next()).value, { about: { kind: 'officers', id: 'new' }, text: /Officer new/ });
  leaving.abort();
  t.match(await coming.next(), { done: true });

  const { code } = await huang.make('enrolments', { party: 'fuzhou-data-bureau' });
  const founder = new ProcedureClient({ url: bus.url });
  const enrolled = await founder.redeem(String(code), { id: 'feng', name: 'Feng' });
  t.match(enrolled, { officer: { id: 'feng', party: 'fuzhou-data-bureau' }, token: /./ });

  const example = new URL('../../../examples/client/procedure.mjs', import.meta.url).pathname;
  const env = { ...process.env, SLUICE_URL: bus.url, SLUICE_TOKEN: bus.tokens.get('wu'), SLUICE_ENTRY: BIRTH_ID };
  const { stdout } = await promisify(execFile)(process.execPath, [example], { env });
  t.match(stdout, /^ap-\w+ is draft, next: .*edit/);
  t.match(stdout, /BAD_REQUEST \/mode\nBAD_REQUEST \/period\/from\n$/);
  const readme = await readFile(new URL('../../../client/README.md', import.meta.url), 'utf8');
  t.ok(readme.includes('examples/client/procedure.mjs'));
});

t.test('a request that fails on the way is repeated with the same key, a refusal is not', async (t) => {
  const keys: (string | undefined)[] = [];
  const problem = (code: string, status: number) => JSON.stringify({ type: '', title: '', code, status, detail: 'd' });
  const { url } = await serve(t, (request, response) => {
    keys.push(request.headers['idempotency-key'] as string | undefined);
    if (keys.length === 1) return request.socket.destroy();
    if (keys.length === 2) return response.writeHead(503).end(problem('STORE_UNAVAILABLE', 503));
    if (request.url === '/v1/demands') return response.writeHead(201).end('{"id":"dm-1"}');
    response.writeHead(409).end(problem('WRONG_STATE', 409));
  });
  const client = new ProcedureClient({ url });
  t.match(await client.make('demands', {}), { id: 'dm-1' });
  t.equal(keys.length, 3);
  t.equal(new Set(keys).size, 1);
  t.ok(keys[0]);
  await t.rejects(client.act('demands', 'dm-1', 'close'), { code: 'WRONG_STATE' });
  t.equal(keys.length, 4);
  t.not(keys[3], keys[0], 'a key of its own for each act');
});

t.test('a list of several pages is read to its end', async (t) => {
  const asked: string[] = [];
  const { url } = await serve(t, (request, response) => {
    asked.push(request.url ?? '');
    const after = new URL(request.url ?? '', 'http://bus').searchParams.get('after');
    response.end(JSON.stringify(after === null ? { files: [{ id: 'a' }], next: 'a' } : { files: [{ id: 'b' }] }));
  });
  const client = new ProcedureClient({ url });
  t.match(await all(client.list('cases', { state: ['suspected', 'suspended'] })), [{ id: 'a' }, { id: 'b' }]);
  t.match(asked, [/^\/v1\/cases\?.*state=suspected%2Csuspended/, /after=a/]);
});

t.test('a paper is sent as its bytes with its type, and comes back whole', async (t) => {
  const seen: [type: string | undefined, bytes: Buffer][] = [];
  const { url } = await serve(t, (request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      if (request.method === 'GET') return response.end(seen[0]?.[1]);
      seen.push([request.headers['content-type'], Buffer.concat(pieces)]);
      response.writeHead(201).end(JSON.stringify({ sha256: 'ab', size: 3, type: 'application/pdf' }));
    });
  });
  const client = new ProcedureClient({ url });
  const paper = Buffer.from([0, 255, 10]);
  t.match(await client.attach(paper, 'application/pdf'), { sha256: 'ab', size: 3 });
  t.strictSame(seen, [['application/pdf', paper]]);
  t.strictSame(Buffer.from(await client.attachment('ab')), paper);
});

async function serve(t: Test, listener: RequestListener): Promise<{ url: string }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}
