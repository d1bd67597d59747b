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

/** A sink, and a receiver whose answer to each call depends on its id. */
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

t.test('each HTTP status is attributed to the event or to the receiver', async (t) => {
  const verdicts = { 200: 'done', 204: 'done', 301: 'gone', 400: 'never', 422: 'never', 500: 'later', 501: 'later' };
  for (const [status, verdict] of Object.entries(verdicts)) t.equal(verdictOf(Number(status)), verdict, status);
  for (const status of [401, 403, 404, 408, 410, 429, 502, 503, 504])
    t.equal(verdictOf(status), 'gone', String(status));
});

t.test('a failed event is retried with backoff while later events of its record wait', async (t) => {
  const { sink, calls } = await sinkBefore(t, (id, attempt) => (id === 'p.e@1' && attempt < 3 ? 500 : 200));
  await sink.write({ events: [event(1, 'a'), event(2, 'a')], log: 'l' }, signal);
  t.same(calls, ['p.e@1', 'p.e@1', 'p.e@1', 'p.e@2']);
});

t.test(
  'an event that exceeds its attempts is reported, and delivered events of other records are not repeated',
  async (t) => {
    const { sink, calls } = await sinkBefore(t, (id) => (id === 'p.e@1' ? 500 : 200));
    const events = [event(1, 'a'), event(2, 'b'), event(3, 'a')];
    const error = await sink.write({ events, log: 'l' }, signal).catch((caught: unknown) => caught);
    t.type(error, PoisonEventError);
    t.equal((error as PoisonEventError).position, 1);
    await sink.write({ events: events.slice(1), log: 'l' }, signal);
    t.equal(calls.filter((id) => id === 'p.e@2').length, 1);
    t.equal(calls.at(-1), 'p.e@3');
  },
);

t.test('an overloaded receiver is not called again at once', async (t) => {
  const { sink, calls } = await sinkBefore(t, () => 503);
  await t.rejects(sink.write({ events: [event(1, 'a')], log: 'l' }, signal), PeerGoneError);
  t.equal(calls.length, 1);
});
