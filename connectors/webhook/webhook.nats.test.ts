import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import t, { type Test } from 'tap';
import type { DeliveredEvent } from '../../proto/event/event.js';
import { ConnectorBus } from '../../tests/support/connectors/connector-bus.js';
import { foldDelivered } from '../conformance/lane.js';
import { type SinkSite, sinkConformance } from '../conformance/sink-conformance.js';
import { parseWebhookConfig } from './config.js';
import { WebhookSink } from './sink.js';

const SECRET = `whsec_${Buffer.from('the key that both sides know, 32').toString('base64')}`;

/** A receiver that verifies signatures with the reference library and drops repeats by id. */
class PeopleReceiver {
  readonly events = new Map<string, DeliveredEvent>();
  readonly inFlight = new Set<string>();
  #server: Server | undefined;
  #port = 0;

  get url(): string {
    return `http://127.0.0.1:${this.#port}/hook`;
  }

  async start(): Promise<void> {
    this.#server = createServer(async (request, response) => {
      response.writeHead(await this.#take(request)).end();
    });
    await new Promise<void>((resolve) => this.#server?.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    server?.closeAllConnections();
    await new Promise((resolve) => (server?.listening ? server.close(resolve) : resolve(undefined)));
  }

  async #take(request: IncomingMessage): Promise<number> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString('utf8');
    new Webhook(SECRET).verify(body, request.headers as Record<string, string>);
    const event = JSON.parse(body) as DeliveredEvent & { position: string };
    if (event.subject === 'p-poison') return 422;
    const record = event.subject ?? '';
    if (this.inFlight.has(record)) return 422;
    this.inFlight.add(record);
    await new Promise((resolve) => setTimeout(resolve, 1));
    this.inFlight.delete(record);
    this.events.set(event.id, { ...event, position: Number(event.position) });
    return 204;
  }

  inOrder(): DeliveredEvent[] {
    return [...this.events.values()].sort((a, b) => a.position - b.position);
  }
}

t.test('the webhook conforms', async (t) => {
  const bus = await ConnectorBus.start(t);
  const site = async (t: Test): Promise<SinkSite> => {
    const receiver = new PeopleReceiver();
    await receiver.start();
    t.teardown(() => receiver.stop());
    const settings = { url: receiver.url, secret: SECRET, firstRetrySeconds: 0.01 };
    return {
      create: (_context, lane) => new WebhookSink(parseWebhookConfig({ ...settings, grant: lane.grant })),
      people: async () => foldDelivered(receiver.inOrder()),
      goAway: () => receiver.stop(),
      comeBack: () => receiver.start(),
      poison: { id: 'p-poison', name: 'Poison', age: 1, district: 'd1' },
    };
  };
  sinkConformance(t, { lane: bus.lane, site });
});
