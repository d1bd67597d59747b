import t, { type Test } from 'tap';
import { startBroker } from '../support/broker/broker.js';
import { PERMIT_BUNDLE, PERMIT_PUBLISHER, PERMIT_SUBSCRIBER, permitEvent } from '../support/broker/permit-bundle.js';
import { eventually } from '../support/condition.js';
import { RawSession } from '../support/raw-client/raw-client.js';
import { call, mustCall } from '../support/raw-client/raw-http.js';

const WAIT_MS = 15_000;
const HEARTBEAT_MS = 1_000;

async function openBus(t: Test) {
  const started = await startBroker(t, { config: { heartbeatMs: HEARTBEAT_MS } });
  await started.apply(PERMIT_BUNDLE);
  let sent = 0;
  const publish = async (): Promise<void> => {
    const id = String(++sent);
    const at = { url: started.url, token: PERMIT_PUBLISHER };
    await mustCall(at, 'POST', '/v1/events', permitEvent(id), 'application/cloudevents+json');
  };
  return { ...started, publish };
}

t.test('a wall clock that steps a minute forward closes no session and ends no subscription', async (t) => {
  const { url, publish } = await openBus(t);
  const sessions = await Promise.all(
    Array.from({ length: 5 }, async (_none, i) => {
      const session = await RawSession.open({ url, token: PERMIT_SUBSCRIBER, encoding: 'sluice.v1.json' });
      t.teardown(() => session.close());
      const subscription = await session.subscribe({ grant: 'g', cursor: `c${i}`, from: 'earliest' });
      return { session, subscription };
    }),
  );
  await publish();
  await Promise.all(sessions.map(({ subscription }) => subscription.collect(1)));

  const wall = Date.now;
  t.teardown(() => {
    Date.now = wall;
  });
  Date.now = () => wall() + 60_000;
  // Five heartbeats: a session that is to be closed for silence has been closed by then.
  const until = performance.now() + 5 * HEARTBEAT_MS;
  await eventually(() => performance.now() > until, 'five heartbeats to pass', WAIT_MS);
  await publish();
  await Promise.all(sessions.map(({ subscription }) => subscription.collect(2)));
  for (const { session } of sessions) {
    t.equal(session.closed, undefined);
    t.notOk(session.frames.some(({ kind }) => kind === 'ended'));
  }
});

t.test('a subscription from a time to come gets what is accepted from then on and nothing before', async (t) => {
  const { url, publish } = await openBus(t);
  const startMs = Date.now() + 1_500;
  const time = new Date(startMs).toISOString();
  const at = { url, token: PERMIT_SUBSCRIBER };

  const session = await RawSession.open({ ...at, encoding: 'sluice.v1.json' });
  t.teardown(() => session.close());
  const subscription = await session.subscribe({ grant: 'g', from: { time } });
  const page = await call(at, 'GET', `/v1/grants/g/events?from=${encodeURIComponent(time)}`);
  t.match(page, { status: 400, json: { code: 'BAD_REQUEST' } }, 'a page cannot wait');

  const stream = await fetch(`${url}/v1/grants/g/events?from=${encodeURIComponent(time)}`, {
    headers: { authorization: `Bearer ${PERMIT_SUBSCRIBER}`, accept: 'text/event-stream' },
  });
  t.equal(stream.status, 200);
  const reader = stream.body!.getReader();
  t.teardown(() => reader.cancel().catch(() => undefined));
  let received = '';
  void (async () => {
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      received += Buffer.from(piece.value).toString();
    }
  })().catch(() => undefined);

  const hasArrived = async (): Promise<boolean> => {
    await publish();
    return subscription.events.length > 0 && received.includes('"op":"create"');
  };
  await eventually(hasArrived, 'the first events after the start', WAIT_MS);
  const [first] = subscription.events;
  t.ok(
    first && Date.parse(first.time) >= startMs,
    'the first event over the WebSocket was accepted at the start or later',
  );
  t.ok(first && first.position > 1, 'events were accepted before it');
  const [, times = ''] = /"time":"([^"]+)"/.exec(received) ?? [];
  t.ok(Date.parse(times) >= startMs, 'so was the first server-sent event');
});
