import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import type { DeliveredEvent } from '../../proto/event/event.js';
import { PeerGoneError, PoisonEventError } from '../runtime/connector-errors.js';
import { parseWebhookConfig } from './config.js';
import { verdictOf } from './receiver.js';
import { WebhookSink } from './sink.js';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const event = (position: number, subject: string): DeliveredEvent => ({
  id: `p.e@${position}`,
  position,
  type: 'p.e',
  subject,
  time: '2026-11-24T00:00:00.000Z',
  op: 'create',
  data: {},
});

/** A sink and a receiver that answers each call by what the test says of its id. */
async function sinkBefore(t: Test, answer: (id: string, attempt: number) => number) {
  const calls: string[] = [];
  const server = createServer((request, response) => {
    const id = String(request.headers['webhook-id']);
    calls.push(id);
    request.resume().on('end', () => response.writeHead(answer(id, calls.filter((one) => one === id).length)).end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const settings = { grant: 'g', url, secret: SECRET, attempts: 3, firstRetrySeconds: 0.001 };
  return { sink: new WebhookSink(parseWebhookConfig(settings)), calls };
}

const signal = new AbortController().signal;

t.test('each status says whether the event or the receiver is the trouble', async (t) => {
  const verdicts = { 200: 'done', 204: 'done', 301: 'gone', 400: 'never', 422: 'never', 500: 'later', 501: 'later' };
  for (const [status, verdict] of Object.entries(verdicts)) t.equal(verdictOf(Number(status)), verdict, status);
  for (const status of [401, 403, 404, 408, 410, 429, 502, 503, 504])
    t.equal(verdictOf(status), 'gone', String(status));
});

t.test('an event is tried again with growing pauses, and the one behind it of the same record waits', async (t) => {
  const { sink, calls } = await sinkBefore(t, (id, attempt) => (id === 'p.e@1' && attempt < 3 ? 500 : 200));
  await sink.write({ events: [event(1, 'a'), event(2, 'a')], log: 'l' }, signal);
  t.same(calls, ['p.e@1', 'p.e@1', 'p.e@1', 'p.e@2']);
});

t.test('one that never succeeds is named, and what others have is not told again', async (t) => {
  const { sink, calls } = await sinkBefore(t, (id) => (id === 'p.e@1' ? 500 : 200));
  const events = [event(1, 'a'), event(2, 'b'), event(3, 'a')];
  const error = await sink.write({ events, log: 'l' }, signal).catch((caught: unknown) => caught);
  t.type(error, PoisonEventError);
  t.equal((error as PoisonEventError).position, 1);
  await sink.write({ events: events.slice(1), log: 'l' }, signal);
  t.equal(calls.filter((id) => id === 'p.e@2').length, 1);
  t.equal(calls.at(-1), 'p.e@3');
});

t.test('a receiver that is overloaded is left alone', async (t) => {
  const { sink, calls } = await sinkBefore(t, () => 503);
  await t.rejects(sink.write({ events: [event(1, 'a')], log: 'l' }, signal), PeerGoneError);
  t.equal(calls.length, 1);
});
