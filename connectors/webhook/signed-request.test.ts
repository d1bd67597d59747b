import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';
import t, { type Test } from 'tap';
import type { DeliveredEvent } from '../../proto/event/event.js';
import { parseWebhookConfig } from './config.js';
import { WebhookSink } from './sink.js';

const SECRET = `whsec_${Buffer.alloc(32, 9).toString('base64')}`;
const event = (position: number): DeliveredEvent => ({
  id: `p.e@${position}`,
  position,
  type: 'p.e',
  subject: 'a',
  time: '2026-11-24T00:00:00.000Z',
  op: 'create',
  data: {},
});

interface Received {
  id: string;
  source: string;
  webhookId: string;
}

/** A receiver of several grants that verifies every call with the reference library. */
async function receiver(t: Test, statuses: number[] = []) {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    const body = await text(request);
    new Webhook(SECRET).verify(body, request.headers as Record<string, string>);
    const { id, source } = JSON.parse(body) as Received;
    received.push({ id, source, webhookId: String(request.headers['webhook-id']) });
    response.writeHead(statuses.shift() ?? 200).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const deliver = async (grant: string, log: string, position: number, headers = {}): Promise<void> => {
    const settings = { grant, url, secret: SECRET, firstRetrySeconds: 0.001, headers };
    const sink = new WebhookSink(parseWebhookConfig(settings));
    await sink.write({ events: [event(position)], log }, new AbortController().signal);
  };
  return { received, deliver };
}

t.test('source with id, and webhook-id, are unique over grants and log epochs', async (t) => {
  const { received, deliver } = await receiver(t);
  for (const grant of ['g-one', 'g-two', 'g.two', 'g~two', 'g-one~L1']) {
    for (const log of ['L1', 'L2', '1']) for (const position of [1, 11]) await deliver(grant, log, position);
  }
  t.equal(received.length, 30);
  t.equal(new Set(received.map(({ id, source }) => `${source} ${id}`)).size, 30);
  t.equal(new Set(received.map(({ webhookId }) => webhookId)).size, 30);
  t.match(received[0], { id: 'p.e@1', source: '/sluice/p.e/grants/g-one/logs/L1', webhookId: 'g-one~L1~1' });
  for (const { webhookId } of received) t.notMatch(webhookId, /\./, 'a dot separates the parts of the signed content');
});

t.test('every attempt of an event, also after a restart, has the same source and webhook-id', async (t) => {
  const { received, deliver } = await receiver(t, [500, 500]);
  await deliver('g', 'L', 7);
  await deliver('g', 'L', 7);
  t.equal(received.length, 4);
  t.equal(new Set(received.map((one) => JSON.stringify(one))).size, 1);
});

t.test('configured headers do not replace those of the signature', async (t) => {
  const { received, deliver } = await receiver(t);
  await deliver('g', 'L', 7, { 'Webhook-Id': 'mine', 'Content-Type': 'text/plain', 'WEBHOOK-SIGNATURE': 'v1,none' });
  t.equal(received[0]?.webhookId, 'g~L~7');
});

t.test('an address or header that can never be sent is refused when the settings are read', async (t) => {
  const parse = (more: object) => () => parseWebhookConfig({ grant: 'g', url: 'http://host', secret: SECRET, ...more });
  t.throws(parse({ url: 'http://user:pw@127.0.0.1:9/hook' }), /settings\.url/);
  t.throws(parse({ url: 'http://127.0.0.1:9/hook' }), /settings\.url/);
  t.throws(parse({ headers: { 'x-key': 'wide 机' } }), /x-key/);
  t.throws(parse({ headers: { 'x-key': null } }), /settings\.headers\.x-key: has no value/);
});
