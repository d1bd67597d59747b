import { gzipSync } from 'node:zlib';
import t from 'tap';
import { SUBPROTOCOLS } from '../../../proto/frames/frames.js';
import { startBroker } from '../../support/broker/broker.js';
import { ENTRY, REFUSAL_BUNDLE, TOKENS } from '../../support/broker/refusal-bundle.js';
import { startNats } from '../../support/nats/nats.js';
import { RawSession } from '../../support/raw-client/raw-client.js';
import { call } from '../../support/raw-client/raw-http.js';

/** Bytes of a body that holds one event, at the default limit of 256 KiB for an event. */
const EVENT_TEXT_BYTES = 2 * 256 * 1024 + 16 * 1024;

const event = JSON.stringify({
  specversion: '1.0',
  id: 'e',
  type: ENTRY,
  subject: 's1',
  op: 'create',
  data: { id: 's1' },
});

t.test('a request that cannot be read has a code of its own', async (t) => {
  const broker = await startBroker(t);
  await broker.apply(REFUSAL_BUNDLE);
  const source = { url: broker.url, token: TOKENS.source };
  const publish = (body: string | Uint8Array, type = 'application/cloudevents+json') =>
    call(source, 'POST', '/v1/events', body, type);
  t.match(await publish('{"id":'), { status: 400, json: { code: 'BAD_JSON' } });
  t.match(await publish(''), { status: 400, json: { code: 'BAD_JSON', detail: 'the body is empty' } });
  t.match(await publish('7'), { status: 422, json: { code: 'EVENT_INVALID' } });
  t.match(await publish(Buffer.from([0x22, 0xc3, 0x28, 0x22])), { status: 400, json: { code: 'NOT_UTF8' } });
  t.match(await publish(event, 'application/cloudevents+json; charset=gbk'), {
    status: 415,
    json: { code: 'UNSUPPORTED_MEDIA_TYPE' },
  });
  t.match(await publish(event, 'text/plain'), { status: 415, json: { code: 'UNSUPPORTED_MEDIA_TYPE' } });
  t.match(await publish(`"${'x'.repeat(1024 * 1024)}"`), {
    status: 413,
    json: { code: 'TOO_LARGE', detail: `the body has more than the ${EVENT_TEXT_BYTES} bytes that are allowed here` },
  });
  const line = await publish(`"${'x'.repeat(1024 * 1024)}"`, 'application/x-ndjson');
  t.match(line.json, { problem: { code: 'TOO_LARGE', detail: `the line has more than ${EVENT_TEXT_BYTES} bytes` } });
  const packed = await fetch(`${broker.url}/v1/events`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${TOKENS.source}`,
      'content-type': 'application/cloudevents+json',
      'content-encoding': 'gzip',
    },
    body: gzipSync(event),
  });
  t.match(await packed.json(), { status: 415, code: 'UNSUPPORTED_MEDIA_TYPE', detail: /Content-Encoding/ });
  t.match(await call(source, 'GET', '/v1/nothing'), { status: 404, json: { code: 'NOT_FOUND' } });
  t.match(await call(source, 'GET', '/v1/catalog?limit=many'), {
    status: 400,
    json: { code: 'BAD_REQUEST', detail: 'the query: limit must be a whole number' },
  });
  t.match(await call(source, 'GET', '/v1/catalog?colour=red'), {
    status: 400,
    json: { code: 'BAD_REQUEST', detail: 'the query: colour is not a known field' },
  });
  const cursor = '/v1/grants/g-shops/cursors/a%20b';
  const reader = { ...source, token: TOKENS.reader };
  t.match(await call(reader, 'POST', cursor, '{"position":1}'), { json: { detail: /^the path: cursor must match/ } });
  t.match(await call(reader, 'POST', '/v1/grants/g-shops/cursors/c', '{}'), {
    json: { detail: 'the body: position is missing' },
  });
  t.match(await call(source, 'GET', '/v1/ledger'), {
    json: { detail: 'system registry-db may not read the ledger' },
  });
  t.match(await call({ ...source, token: 'wrong' }, 'GET', '/v1/catalog'), {
    status: 401,
    json: { code: 'NOT_AUTHENTICATED' },
  });
  t.match(await call({ ...source, token: TOKENS.reader }, 'POST', '/v1/events', event), {
    status: 403,
    json: { code: 'NOT_ALLOWED' },
  });
});

t.test('a document with half a surrogate pair is refused whole, with each path', async (t) => {
  const broker = await startBroker(t);
  const operator = { url: broker.url, token: broker.operatorToken };
  const party = { id: 'p', name: 'whole 😀', level: 'province', regionCode: '990000' };
  const half = JSON.stringify({ parties: [party, { ...party, id: 'q', name: { zh: '\ud83d', en: 'x\ude00' } }] });
  const refused = {
    status: 400,
    json: { code: 'BAD_REQUEST', problems: [{ path: '/parties/1/name/zh' }, { path: '/parties/1/name/en' }] },
  };
  t.match(await call(operator, 'POST', '/v1/bundles', half, 'application/json'), refused);
  t.match(await call(operator, 'POST', '/v1/bundles', half, 'application/yaml'), refused, 'YAML has the same escapes');
  const long = ' '.repeat(600 * 1024) + half;
  t.match(await call(operator, 'POST', '/v1/bundles', long, 'application/json'), refused, 'parsed in a thread');
  const whole = JSON.stringify({ parties: [party] }).replace('😀', '\\ud83d\\ude00');
  t.match(await call(operator, 'POST', '/v1/bundles', whole, 'application/json'), { status: 200 }, 'an escaped pair');
});

t.test('a document with a number that a double would change is refused whole, with each path', async (t) => {
  const broker = await startBroker(t);
  await broker.apply(REFUSAL_BUNDLE);
  const operator = { url: broker.url, token: broker.operatorToken };
  const refused = (path: string) => ({ status: 400, json: { code: 'BAD_REQUEST', problems: [{ path }] } });
  const withNumber = (document: object): string => JSON.stringify(document).replace('"NUMBER"', '9223372036854775809');
  const entry = { ...REFUSAL_BUNDLE.entries[0], conditions: 'NUMBER' };
  const bundle = withNumber({ entries: [entry] });
  const inBundle = refused('/entries/0/conditions');
  t.match(await call(operator, 'POST', '/v1/bundles', bundle, 'application/json'), inBundle);
  t.match(await call(operator, 'POST', '/v1/bundles', bundle, 'application/yaml'), inBundle);
  const long = ' '.repeat(600 * 1024) + bundle;
  t.match(await call(operator, 'POST', '/v1/bundles', long, 'application/json'), inBundle, 'parsed in a thread');
  const put = withNumber({ ...entry, conditions: {}, profile: { count: ['NUMBER'] } });
  t.match(await call(operator, 'PUT', `/v1/catalog/${ENTRY}`, put, 'application/json'), refused('/profile/count/0'));
  const grant = withNumber({ id: 'g-new', rows: { district: { in: ['NUMBER'] } } });
  t.match(await call(operator, 'POST', '/v1/grants', grant, 'application/json'), refused('/rows/district/in/0'));
});

t.test('a grant that the caller does not hold is answered like one that does not exist', async (t) => {
  const broker = await startBroker(t);
  await broker.apply(REFUSAL_BUNDLE);
  const reader = { url: broker.url, token: TOKENS.reader };
  const withoutName = (text: string, id: string): string => text.replaceAll(id, 'ID');
  for (const path of ['', '/events', '/schema.json', '/event.proto', '/dead-letters']) {
    const others = await call(reader, 'GET', `/v1/grants/g-others${path}`);
    const nothing = await call(reader, 'GET', `/v1/grants/g-nothing${path}`);
    t.match(others, { status: 404, json: { code: 'UNKNOWN_GRANT' } }, path);
    t.equal(withoutName(others.text, 'g-others'), withoutName(nothing.text, 'g-nothing'), path);
  }
  t.match(await call(reader, 'GET', '/v1/grants/g-expired/events'), {
    status: 403,
    json: { code: 'GRANT_NOT_IN_FORCE' },
  });
  t.match(await call(reader, 'GET', '/v1/grants/g-shops/events?from=99'), {
    status: 410,
    json: { code: 'POSITION_GONE' },
  });
  for (const from of ['-1', '1.5', '2026-11-24', '2026-02-30T08:00:00Z']) {
    t.match(await call(reader, 'GET', `/v1/grants/g-shops/events?from=${from}`), {
      status: 400,
      json: { code: 'BAD_REQUEST', detail: /position or an RFC 3339 date-time/ },
    });
  }
  for (const encoding of SUBPROTOCOLS) {
    const session = await RawSession.open({ ...reader, encoding });
    t.teardown(() => session.close());
    await t.rejects(session.subscribe({ grant: 'g-others' }), { code: 'UNKNOWN_GRANT' }, encoding);
    await t.rejects(session.subscribe({ grant: 'g-nothing' }), { code: 'UNKNOWN_GRANT' }, encoding);
    await t.rejects(session.subscribe({ grant: 'g-expired' }), { code: 'GRANT_NOT_IN_FORCE' }, encoding);
    await t.rejects(session.subscribe({ grant: 'g-shops', from: { after: 99 } }), { code: 'POSITION_GONE' }, encoding);
    for (const time of ['2020', '2026-11-24', '2026-11-24T08:00:00', '2026-02-30T08:00:00Z']) {
      await t.rejects(session.subscribe({ grant: 'g-shops', from: { time } }), { code: 'BAD_FRAME' }, time);
    }
    await t.rejects(session.publish([JSON.parse(event)]), { code: 'NOT_ALLOWED' }, encoding);
    t.match(await session.subscribe({ grant: 'g-shops' }), { subscribed: { entry: ENTRY } }, encoding);
  }
});

t.test('an entry or grant that could do harm later is refused when it is submitted', async (t) => {
  const broker = await startBroker(t);
  await broker.apply(REFUSAL_BUNDLE);
  const operator = { url: broker.url, token: broker.operatorToken };
  const entry = {
    id: ENTRY,
    name: 'Shops',
    sharingAttribute: 'conditional',
    items: [{ name: 'id', type: 'string', identifier: true, pattern: '^(a+)+$' }],
  };
  t.match(await call(operator, 'PUT', `/v1/catalog/${ENTRY}`, JSON.stringify(entry)), {
    status: 422,
    json: { code: 'PATTERN_NOT_LINEAR' },
  });
  const grant = { ...REFUSAL_BUNDLE.grants[0], id: 'g-new' };
  for (const rows of [{ district: { like: 'd%' } }, { nothing: { is: 'x' } }]) {
    t.match(await call(operator, 'POST', '/v1/grants', JSON.stringify({ ...grant, rows })), {
      status: 422,
      json: { code: 'UNKNOWN_PREDICATE' },
    });
  }
});

t.test('while nats-server is down nothing is accepted, and the broker says when to come back', async (t) => {
  const nats = await startNats(t);
  const broker = await startBroker(t, { nats });
  await broker.apply(REFUSAL_BUNDLE);
  const source = { url: broker.url, token: TOKENS.source };
  const publish = (body = event) => call(source, 'POST', '/v1/events', body, 'application/json');
  t.equal((await call(source, 'GET', '/readyz')).status, 200);
  t.equal((await publish()).status, 201);
  await nats.stop();
  const down = await publish();
  t.match(down, { status: 503, json: { code: 'STORE_UNAVAILABLE' } });
  t.ok(Number(down.headers.get('retry-after')) > 0);
  const batch = await call(source, 'POST', '/v1/events', `[${event},${event}]`, 'application/cloudevents-batch+json');
  t.match(batch, { status: 503, json: { code: 'STORE_UNAVAILABLE' } });
  t.match(await call(source, 'GET', '/readyz'), { status: 503, json: { problems: [/NATS/] } });
  t.equal((await call(source, 'GET', '/healthz')).status, 200);
});
