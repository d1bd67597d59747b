import t from 'tap';
import { startBroker } from '../../../tests/support/broker/broker.js';
import { REGISTER_BUNDLE } from '../../../tests/support/connectors/register-bundle.js';

const TOKEN = 'registry-source-token-0123456789';
const READER = 'reader-one-token-0123456789';

t.test('an event in the binary mode of CloudEvents is stored like one in structured mode', async (t) => {
  const { url, apply } = await startBroker(t);
  await apply(REGISTER_BUNDLE);
  const publish = async (headers: Record<string, string>, body?: string, query = '') => {
    const answer = await fetch(`${url}/v1/events${query}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}`, ...headers },
      ...(body !== undefined && { body }),
    });
    return { status: answer.status, json: (await answer.json()) as Record<string, unknown> };
  };
  const json = { 'content-type': 'application/json' };
  const attributes = {
    'ce-specversion': '1.0',
    'ce-id': 'b-1',
    'ce-type': 'registry.person',
    'ce-op': 'create',
    'ce-traceparent': '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  };
  const data = JSON.stringify({ key: '陈', district: '1', number: 7 });
  const stored = await publish({ ...json, ...attributes, 'ce-subject': encodeURIComponent('陈') }, data);
  t.equal(stored.status, 201, JSON.stringify(stored.json));
  const deleted = { ...attributes, 'ce-id': 'b-2', 'ce-op': 'delete', 'ce-subject': encodeURIComponent('陈') };
  const gone = await publish({ ...deleted, 'ce-previous': '{"district":"1"}' });
  t.equal(gone.status, 201, JSON.stringify(gone.json));
  const oddlyTraced = { ...attributes, 'ce-tracestate': 'vendor=100%', 'ce-traceparent': '%E9%99', 'ce-id': 'b-4' };
  const kept = await publish({ ...json, ...oddlyTraced }, JSON.stringify({ key: 'l', district: '1', number: 7 }));
  t.equal(kept.status, 201, 'a trace context with a broken escape refuses no event');
  const page = await fetch(`${url}/v1/grants/g-one/events?from=earliest`, {
    headers: { authorization: `Bearer ${READER}` },
  });
  const lines = (await page.text())
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as object);
  t.match(lines, [
    { op: 'create', subject: '陈' },
    { op: 'delete', subject: '陈' },
    { subject: 'l' },
    { caughtUp: true },
  ]);
  t.notMatch(JSON.stringify(lines), 'traceparent');

  const refusals: [string, Record<string, string>, string, RegExp][] = [
    ['both modes', { ...attributes, 'content-type': 'application/cloudevents+json' }, data, /exclude each other/],
    ['a stream', { ...attributes, 'content-type': 'application/x-ndjson' }, data, /one event/],
    ['an unknown extension', { ...json, ...attributes, 'ce-id': 'b-3', 'ce-colour': 'red' }, data, /"colour"/],
    ['previous that is not JSON', { ...json, ...attributes, 'ce-previous': 'x' }, data, /ce-previous: is not JSON/],
    ['a broken escape', { ...json, ...attributes, 'ce-subject': '%E9%99' }, data, /ce-subject: is not percent-encoded/],
  ];
  for (const [what, headers, body, detail] of refusals) {
    const refused = await publish(headers, body);
    t.ok(refused.status >= 400 && refused.status < 500, what);
    t.match(refused.json.detail, detail, what);
  }
});
