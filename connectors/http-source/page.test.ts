import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { PeerGoneError, SourceUnfitError } from '../runtime/connector-errors.js';
import { textOf } from '../runtime/mapping/json-text.js';
import { type HttpSourceConfig, parseHttpSourceConfig } from './config.js';
import { at, readPage } from './page.js';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

async function service(t: Test, answer: Answer): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const configOf = (url: string, more: object = {}): HttpSourceConfig =>
  parseHttpSourceConfig({ url, entry: 'p.e', key: ['id'], columns: { id: 'id' }, ...more });

const read = (url: string, more: object = {}) => readPage(configOf(url, more), undefined, new AbortController().signal);

t.test('numbers and cursors keep all their digits', async (t) => {
  const url = await service(t, (_request, response) =>
    response.end('{"items":[{"id":990102202611220014,"a":{"n":12345678901234567.89}}],"next":9007199254740993}'),
  );
  const { items, next } = await read(url);
  t.equal(next, '9007199254740993');
  t.equal(textOf(at(items[0], 'id')), '990102202611220014');
  t.equal(textOf(at(items[0], 'a.n')), '12345678901234567.89');
});

t.test('a path reads own values of objects only', async (t) => {
  t.equal(at({ a: 'text' }, 'a.length'), undefined);
  t.equal(at({}, 'constructor.name'), undefined);
  t.equal(at(null, 'a'), undefined);
  t.same(at([{ a: 1 }], '0.a'), 1);
});

t.test('no configured header is sent to another origin', async (t) => {
  const seen: Record<string, unknown>[] = [];
  const other = await service(t, ({ headers }, response) => {
    seen.push(headers);
    response.end('{"items":[],"next":1}');
  });
  const first = await service(t, ({ url, headers }, response) => {
    seen.push(headers);
    response.writeHead(302, { location: url === '/' ? '/same' : `${other}/away` }).end();
  });
  await read(first, { headers: { authorization: 'Bearer secret', 'X-Api-Key': 'secret', cookie: 'secret' } });
  t.equal(seen.length, 3);
  for (const headers of seen.slice(0, 2)) t.match(headers, { authorization: 'Bearer secret', 'x-api-key': 'secret' });
  t.notMatch(JSON.stringify(seen[2]), /secret/);
});

t.test('no configured header comes back to its origin by way of another one', async (t) => {
  const seen: Record<string, unknown>[] = [];
  let other = '';
  const first = await service(t, ({ url, headers }, response) => {
    if (url === '/back') seen.push(headers);
    response.writeHead(url === '/back' ? 200 : 302, { location: other }).end('{"items":[]}');
  });
  other = await service(t, (_request, response) => response.writeHead(307, { location: `${first}/back` }).end());
  await read(`${first}/start`, { headers: { 'x-api-key': 'secret' } });
  t.equal(seen[0]?.['x-api-key'], undefined);
});

t.test('a refusal behind a redirect names the address to configure', async (t) => {
  const other = await service(t, (_request, response) => response.writeHead(401).end());
  const first = await service(t, (_request, response) =>
    response.writeHead(301, { location: `${other}/x?secret=1` }).end(),
  );
  const error = await read(first).catch((caught: Error) => caught);
  t.type(error, SourceUnfitError);
  t.match((error as Error).message, `${other}/x responded with HTTP 401 after a redirect from ${first}`);
  t.notMatch((error as Error).message, /secret/);
});

t.test('redirects in a circle are a failure that may pass', async (t) => {
  const url = await service(t, (_request, response) => response.writeHead(302, { location: '/again' }).end());
  await t.rejects(read(url), { name: 'PeerGoneError', message: /more than 5 times/ });
});

t.test('records that a redirect itself carries are not read', async (t) => {
  const location = `data:application/json,${encodeURIComponent('{"items":[{"id":1}]}')}`;
  const url = await service(t, (_request, response) => response.writeHead(302, { location }).end());
  await t.rejects(read(url), { name: 'SourceUnfitError', message: /other than http or https/ });
});

t.test('a cursor that is empty is none, and one that is no string or number is refused', async (t) => {
  const nextOf = async (next: string) => {
    const url = await service(t, (_request, response) => response.end(`{"items":[],"next":${next}}`));
    return (await read(url)).next;
  };
  t.equal(await nextOf('""'), undefined);
  t.equal(await nextOf('null'), undefined);
  t.equal(await nextOf('7'), '7');
  for (const next of ['false', '{}', '[]']) {
    await t.rejects(nextOf(next), { name: 'SourceUnfitError', message: /string or a number at next/ });
  }
});

t.test('a timeout of any allowed length is one that a timer can hold', async (t) => {
  const url = await service(t, (_request, response) => response.end('{"items":[]}'));
  for (const timeoutSeconds of [1.0049999, 2_000_000]) t.same((await read(url, { timeoutSeconds })).items, []);
  for (const seconds of [0, 1e-9, 1e7, 1e300]) {
    t.throws(() => configOf(url, { timeoutSeconds: seconds }), /settings\.timeoutSeconds/);
    t.throws(() => configOf(url, { pollSeconds: seconds }), /settings\.pollSeconds/);
  }
});

t.test('Retry-After of a retryable answer is kept', async (t) => {
  for (const status of [408, 429, 500, 503]) {
    const url = await service(t, (_request, response) => response.writeHead(status, { 'retry-after': '7' }).end());
    await t.rejects(read(url), { name: 'PeerGoneError', retryAfterMs: 7_000 });
  }
});

t.test('an answer that is not a page is retried or stops, with the reason', async (t) => {
  const answers: [string, typeof PeerGoneError | typeof SourceUnfitError][] = [
    ['<html>', PeerGoneError],
    ['', PeerGoneError],
    ['{"items":1}', SourceUnfitError],
    ['null', SourceUnfitError],
    ['{"items":[{"id":1,"id":2}]}', SourceUnfitError],
  ];
  for (const [body, type] of answers) {
    const url = await service(t, (_request, response) => response.end(body));
    await t.rejects(read(url), type, body);
  }
});

t.test('an address or header that can never be sent is refused when the settings are read', async (t) => {
  t.throws(() => configOf('http://user:pw@host'), /settings\.url/);
  t.throws(() => configOf('ftp://host'), /settings\.url/);
  t.throws(() => configOf('http://host', { headers: { 'x-key': 'a\nb' } }), /x-key/);
});

t.test('a response is decoded by its charset, and one in bytes that are not of it is refused', async (t) => {
  const gbk = Buffer.concat([Buffer.from('{"items":[{"id":"'), Buffer.from([0xb3, 0xc2]), Buffer.from('"}]}')]);
  const idOf = async (type: string) => {
    const url = await service(t, (_request, response) => response.setHeader('content-type', type).end(gbk));
    return textOf(at((await read(url)).items[0], 'id'));
  };
  t.equal(await idOf('application/json; charset="gb18030"'), '陈');
  await t.rejects(idOf('application/json'), { name: 'PeerGoneError', message: /not utf-8/ });
  await t.rejects(idOf('application/json; charset=gb10830'), { name: 'SourceUnfitError', message: /not known/ });
});
