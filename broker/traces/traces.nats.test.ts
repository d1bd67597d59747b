import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { traceparentOf } from '../../client/subscribe/delivery-trace.js';
import { startBroker } from '../../tests/support/broker/broker.js';
import { PERMIT_BUNDLE, PERMIT_PUBLISHER, PERMIT_SUBSCRIBER } from '../../tests/support/broker/permit-bundle.js';
import { eventually } from '../../tests/support/condition.js';
import { RawSession } from '../../tests/support/raw-client/raw-client.js';
import { publishBatch } from '../../tests/support/raw-client/raw-http.js';

const WAIT_MS = 15_000;
const SOURCE_TRACE = '0af7651916cd43dd8448eb211c80319c';
/** A citizen's number where a source may write what it likes. */
const SECRET = '350102199001011234';

interface ReceivedSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  links?: { traceId: string; traceState?: string }[];
}

/** A receiver of OTLP over HTTP that keeps what it gets. */
async function startReceiver(t: Test, status = 200) {
  const spans: ReceivedSpan[] = [];
  let bodies = '';
  const take = async (request: IncomingMessage): Promise<void> => {
    let body = '';
    for await (const chunk of request) body += chunk;
    bodies += body;
    if (request.url !== '/v1/traces') return;
    for (const { scopeSpans } of JSON.parse(body).resourceSpans)
      for (const scope of scopeSpans) spans.push(...scope.spans);
  };
  const server = createServer(
    (request, response) => void take(request).then(() => response.writeHead(status).end('{}')),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, spans, text: () => bodies };
}

const event = (id: string, more: object) =>
  ({ specversion: '1.0', id, type: 'north.permit', op: 'create', data: { id }, ...more }) as never;

async function metricOf(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
}

t.test('the trace of an event goes to the receiver, linked to the source and found by its subscriber', async (t) => {
  const receiver = await startReceiver(t);
  const { url, apply } = await startBroker(t, { config: { traces: { otlpUrl: receiver.url, sampleRatio: 1 } } });
  await apply(PERMIT_BUNDLE);
  const session = await RawSession.open({ url, token: PERMIT_SUBSCRIBER, encoding: 'sluice.v1.json' });
  t.teardown(() => session.close());
  const subscription = await session.subscribe({ grant: 'g', from: 'earliest' });
  await session.until(() => subscription.isCaughtUp, 'the subscription to catch up');
  const traceparent = `00-${SOURCE_TRACE}-b7ad6b7169203331-01`;
  const results = await publishBatch({ url, token: PERMIT_PUBLISHER }, [
    event(SECRET, { traceparent, tracestate: 'vendor=x' }),
    event('b', { traceparent: `00-${SECRET}-b7ad6b7169203331-01` }),
  ]);
  t.ok(
    results.every((result) => 'position' in result),
    'a malformed one refuses no event',
  );
  const [first] = await subscription.collect(2);
  t.notMatch(JSON.stringify(subscription.events), SOURCE_TRACE, 'never delivered');
  t.equal(await metricOf(url, 'sluice_trace_context_dropped_total'), 1);

  const isThere = () => receiver.spans.filter(({ name }) => name === 'sluice.deliver').length >= 2;
  await eventually(isThere, 'the spans', WAIT_MS);
  const [, traceId, spanId] = (await traceparentOf(first!, subscription.subscribed.log, 1)).split('-');
  const ofFirst = receiver.spans.filter((span) => span.traceId === traceId);
  t.match(
    ofFirst.find(({ name }) => name === 'sluice.accept'),
    { spanId, links: [{ traceId: SOURCE_TRACE, traceState: 'vendor=x' }] },
  );
  t.match(
    ofFirst.find(({ name }) => name === 'sluice.deliver'),
    { parentSpanId: spanId },
  );
  t.notMatch(receiver.text(), SECRET, 'no content, no key and no id of a source');

  const headers = { accept: 'application/openmetrics-text; version=1.0.0' };
  const exposed = await (await fetch(`${url}/metrics`, { headers })).text();
  t.match(exposed, /sluice_publish_to_deliver_seconds_bucket\{.*# \{trace_id="[0-9a-f]{32}"\}/, 'an exemplar');
});

t.test('a receiver that refuses costs spans and no event', async (t) => {
  const receiver = await startReceiver(t, 503);
  const { url, apply } = await startBroker(t, { config: { traces: { otlpUrl: receiver.url, sampleRatio: 1 } } });
  await apply(PERMIT_BUNDLE);
  const results = await publishBatch({ url, token: PERMIT_PUBLISHER }, [event('a', {})]);
  t.ok('position' in results[0]!);
  const areDropped = async () => (await metricOf(url, 'sluice_trace_spans_dropped_total')) >= 1;
  await eventually(areDropped, 'the spans to be dropped', WAIT_MS);
});

t.test('nothing is traced unless a receiver is configured, nor what the ratio leaves out', async (t) => {
  const receiver = await startReceiver(t);
  for (const traces of [
    { otlpUrl: undefined, sampleRatio: 1 },
    { otlpUrl: receiver.url, sampleRatio: 0 },
  ]) {
    const { url, apply, broker } = await startBroker(t, { config: { traces } });
    await apply(PERMIT_BUNDLE);
    await publishBatch({ url, token: PERMIT_PUBLISHER }, [event('a', {})]);
    await broker.drain();
  }
  t.strictSame(receiver.spans, []);
});
