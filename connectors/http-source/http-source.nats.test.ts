import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { ConnectorBus } from '../../tests/support/connectors/connector-bus.js';
import type { Lane, Person } from '../conformance/lane.js';
import { type SourceSite, sourceConformance } from '../conformance/source-conformance.js';
import { parseHttpSourceConfig } from './config.js';
import { HttpSource } from './source.js';

const PAGE = 700;

/** A service that keeps the last change of each person, in the order of the changes. */
class PeopleService {
  readonly #changes = new Map<string, { sequence: number; item: object }>();
  #sequence = 0;
  #server: Server | undefined;
  #port = 0;

  change(id: string, item: object): void {
    this.#changes.delete(id);
    this.#changes.set(id, { sequence: ++this.#sequence, item });
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/people`;
  }

  async start(): Promise<void> {
    this.#server = createServer((request, response) => {
      const after = Number(new URL(request.url ?? '', 'http://x').searchParams.get('after') ?? 0);
      const page = [...this.#changes.values()].filter(({ sequence }) => sequence > after).slice(0, PAGE);
      const body = { data: { items: page.map(({ item }) => item) }, next: page.at(-1)?.sequence ?? after };
      response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
    });
    await new Promise<void>((resolve) => this.#server?.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    server?.closeAllConnections();
    await new Promise((resolve) => (server?.listening ? server.close(resolve) : resolve(undefined)));
  }
}

t.test('the source from an HTTP service conforms', async (t) => {
  const bus = await ConnectorBus.start(t);
  const site = async (t: Test, lane: Lane): Promise<SourceSite> => {
    const service = new PeopleService();
    await service.start();
    t.teardown(() => service.stop());
    const settings = {
      url: service.url,
      items: 'data.items',
      deleted: 'gone',
      entry: lane.entry,
      key: ['nr'],
      columns: { nr: 'id', 'person.name': 'name', 'person.age': 'age', district: 'district' },
      pollSeconds: 0.05,
    };
    const put = ({ id, name, age, district }: Person): void =>
      service.change(id, { nr: id, person: { name, age }, district });
    return {
      create: (context) => new HttpSource(parseHttpSourceConfig(settings), context),
      put: async (people) => people.forEach(put),
      remove: async (id) => service.change(id, { nr: id, gone: true }),
      putPoison: async (id) => put({ id, name: 'Poison', age: -1, district: 'd1' }),
      goAway: () => service.stop(),
      comeBack: () => service.start(),
    };
  };
  sourceConformance(t, { lane: bus.lane, site });
});
