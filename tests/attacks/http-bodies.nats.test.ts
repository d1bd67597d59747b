import t from 'tap';
import { applyBundle, startBroker } from '../support/broker/broker.js';
import { spawnBroker } from '../support/broker/broker-process.js';
import { REFUSAL_BUNDLE, TOKENS } from '../support/broker/refusal-bundle.js';
import { temporaryFolder } from '../support/nats/nats.js';
import { call } from '../support/raw-client/raw-http.js';
import { ask, head } from '../support/raw-client/raw-socket.js';
import { Witness } from '../support/witness.js';

const MEBIBYTE = 1024 * 1024;
/** Time that a witness may wait on a busy machine; on a quiet one it is some 20 ms, and without their bounds these attacks held it for 8 s and more. */
const HOLD_MS_MAX = 5_000;

interface OpenApi {
  paths: Record<string, Record<string, { security?: unknown[] }>>;
}

t.test('who may call a route is decided from the head of the request, for every route', async (t) => {
  const broker = await startBroker(t);
  await broker.apply(REFUSAL_BUNDLE);
  const document = (await (await fetch(`${broker.url}/docs/json`)).json()) as OpenApi;
  let withRight = 0;
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const method of Object.keys(methods).filter((name) => /^(?:post|put|patch|delete)$/.test(name))) {
      const line = `${method.toUpperCase()} ${path.replace(/\{\w+\}/g, 'x')}`;
      // The body that is announced never comes.
      const body = { 'content-type': 'application/json', 'content-length': 1000 };
      const unknown = await ask(t, broker.url, head(line, { ...body, authorization: `Bearer ${'x'.repeat(30)}` }));
      t.match(unknown, /^HTTP\/1\.1 (?:401|429) /, `${line} without a valid token`);
      const forbidden = [TOKENS.reader, TOKENS.source].map((token) =>
        Promise.race([
          ask(t, broker.url, head(line, { ...body, authorization: `Bearer ${token}` })),
          new Promise<string>((resolve) => setTimeout(resolve, 300, 'waits for the body').unref()),
        ]),
      );
      if ((await Promise.all(forbidden)).some((answer) => answer.startsWith('HTTP/1.1 403 '))) withRight++;
    }
  }
  t.ok(withRight > 10, `${withRight} routes refuse a system from the head alone`);
});

t.test('a body that would hold or fill the broker is refused, and everybody else is served meanwhile', async (t) => {
  const broker = await spawnBroker(t, await temporaryFolder(t));
  await applyBundle(broker.url, REFUSAL_BUNDLE);
  const source = { url: broker.url, token: TOKENS.source };
  const operator = { url: broker.url, token: broker.operatorToken };
  const array = (elements: number): string => `[${Array.from({ length: elements }, () => 0).join(',')}]`;
  const batch = 'application/cloudevents-batch+json';
  const padding = ' '.repeat(200 * 1024);
  const attacks: [string, () => ReturnType<typeof call>, number, string][] = [
    [
      'YAML for a ticket',
      () => call(source, 'POST', '/v1/tickets', deepYaml(0.9 * MEBIBYTE), 'application/yaml'),
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    ['an array of a million elements', () => call(source, 'POST', '/v1/events', array(1_000_000)), 413, 'TOO_LARGE'],
    ['the same as a batch', () => call(source, 'POST', '/v1/events', array(1_000_000), batch), 413, 'TOO_LARGE'],
    [
      'behind a byte order mark',
      () => call(source, 'POST', '/v1/events', `\ufeff${array(1_000_000)}`),
      413,
      'TOO_LARGE',
    ],
    ['behind white space', () => call(source, 'POST', '/v1/events', `${padding}${array(1_000_000)}`), 413, 'TOO_LARGE'],
    ['15 MiB of [', () => call(source, 'POST', '/v1/events', '['.repeat(15 * MEBIBYTE)), 413, 'TOO_LARGE'],
    [
      '15 MiB of [ in a map',
      () => call(source, 'POST', '/v1/events', `{"a":${'['.repeat(400 * 1024)}`),
      413,
      'TOO_LARGE',
    ],
    [
      'a string without end',
      () => call(source, 'POST', '/v1/events', `["${'x'.repeat(15 * MEBIBYTE)}`),
      400,
      'BAD_JSON',
    ],
    [
      'one event of 15 MiB',
      () => call(source, 'POST', '/v1/events', `{"a":"${'x'.repeat(15 * MEBIBYTE)}"}`),
      413,
      'TOO_LARGE',
    ],
    ['a bundle by a system', () => call(source, 'POST', '/v1/bundles', '['.repeat(15 * MEBIBYTE)), 403, 'NOT_ALLOWED'],
    ['a deep bundle', () => call(operator, 'POST', '/v1/bundles', '['.repeat(MEBIBYTE)), 400, 'BAD_JSON'],
    [
      'a deep bundle that is JSON',
      () => call(operator, 'POST', '/v1/bundles', `${'['.repeat(1000)}${']'.repeat(1000)}`),
      413,
      'TOO_LARGE',
    ],
    [
      'a deep bundle in YAML',
      () => call(operator, 'POST', '/v1/bundles', deepYaml(0.2 * MEBIBYTE), 'application/yaml'),
      413,
      'TOO_LARGE',
    ],
    [
      'aliases that multiply',
      () => call(operator, 'POST', '/v1/bundles', laughs(), 'application/yaml'),
      400,
      'BAD_REQUEST',
    ],
    [
      'YAML as a grant',
      () => call(operator, 'POST', '/v1/grants', 'id: g', 'application/yaml'),
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
  ];
  for (const [name, attack, status, code] of attacks) {
    const witness = new Witness(broker.url);
    t.match(await attack(), { status, json: { code } }, name);
    const slowestMs = await witness.stop();
    t.ok(slowestMs < HOLD_MS_MAX, `${name}: the witness waited ${Math.round(slowestMs)} ms`);
  }
  const good = Array.from({ length: 10_000 }, (_, i) => event(String(i)));
  const stored = await call(source, 'POST', '/v1/events', JSON.stringify(good), batch);
  t.equal((stored.json as unknown[]).length, 10_000, 'and as many events as are allowed are taken');
});

const event = (id: string): object => ({
  specversion: '1.0',
  id,
  type: 'county-registry.shop',
  subject: id,
  op: 'create',
  data: { id, district: 'd1' },
});

const deepYaml = (bytes: number): string => `a: ${'['.repeat(bytes)}`;

const laughs = (): string =>
  ['a0: &a0 [x, x]', ...Array.from({ length: 30 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}]`)].join('\n');

t.test('a call without a body takes none, an empty one or {}', async (t) => {
  const broker = await startBroker(t);
  const operator = { url: broker.url, token: broker.operatorToken };
  for (const body of [undefined, '', '{}', ' {}\n']) {
    t.equal((await call(operator, 'POST', '/v1/tickets', body)).status, 201, String(body));
  }
  t.match(await call(operator, 'POST', '/v1/tickets', '{"a":1}'), { status: 400, json: { code: 'BAD_REQUEST' } });
  t.match(await call(operator, 'POST', '/v1/tickets', '[]'), { status: 400, json: { code: 'BAD_REQUEST' } });
  t.match(await call(operator, 'POST', '/v1/tickets', 'x'.repeat(5000)), { status: 413, json: { code: 'TOO_LARGE' } });
  t.match(await call(operator, 'POST', '/v1/tickets', 'a=b', 'text/plain'), { status: 415 });
});
