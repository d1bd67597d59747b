import { mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { ConnectorBus } from '../../tests/support/connectors/connector-bus.js';
import { eventually, foldDelivered, type Lane, metricValue, type Person } from '../conformance/lane.js';
import { type SourceSite, sourceConformance } from '../conformance/source-conformance.js';
import { runSource } from '../runtime/source/run-source.js';
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

/** Starts a source on a service that answers every request with the present page. */
async function scripted(t: Test, bus: ConnectorBus) {
  const lane = await bus.lane(t);
  let pageAfter: (after: string | null) => object | undefined = () => undefined;
  const asked: { url: string | undefined; atMs: number }[] = [];
  const server = createServer((request, response) => {
    asked.push({ url: request.url, atMs: performance.now() });
    const page = pageAfter(new URL(request.url ?? '', 'http://x').searchParams.get('after'));
    if (page) response.end(JSON.stringify(page));
    else response.writeHead(503, { 'retry-after': '1' }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/changes`;
  const columns = { id: 'id', name: 'name' };
  const settings = { url, entry: lane.entry, key: ['id'], columns, deleted: 'gone', pollSeconds: 0.02 };
  const context = lane.sourceContext('http');
  const source = (): HttpSource => new HttpSource(parseHttpSourceConfig(settings), context);
  const start = (): (() => Promise<void>) => {
    const ending = new AbortController();
    const done = runSource(source(), context, ending.signal);
    done.catch((error) => t.fail(`the source ended with ${String(error)}`));
    const stop = (): Promise<void> => {
      ending.abort();
      return done.catch(() => undefined);
    };
    t.teardown(stop);
    return stop;
  };
  const ops = async (): Promise<string> =>
    (await lane.delivered()).map(({ op, subject }) => (subject === undefined ? op : `${op} ${subject}`)).join();
  return {
    lane,
    asked,
    context,
    source,
    start,
    answer: (page: object | undefined): void => {
      pageAfter = () => page;
    },
    answerBy: (answers: typeof pageAfter): void => {
      pageAfter = answers;
    },
    published: (...wanted: string[]) => eventually(async () => (await ops()) === wanted.join(), wanted.join()),
  };
}

t.test('an HTTP source and its state', async (t) => {
  const bus = await ConnectorBus.start(t);

  for (const [what, lose] of [
    ['whose state is lost', (folder: string) => rm(folder, { recursive: true }).then(() => mkdir(folder))],
    ['whose state file is damaged', (folder: string) => writeFile(join(folder, 'http.http-source.json'), '{"epoch"')],
    ['whose state file is empty', (folder: string) => writeFile(join(folder, 'http.http-source.json'), '')],
    ['whose index is lost', (folder: string) => rm(join(folder, 'http.http-source.held.ndjson'))],
    ['whose index is empty', (folder: string) => writeFile(join(folder, 'http.http-source.held.ndjson'), '')],
  ] as const) {
    t.test(`a source ${what} starts a new epoch with a snapshot`, async (t) => {
      const { answer, start, published, context, lane } = await scripted(t, bus);
      answer({
        items: [
          { id: '1', name: 'Ann' },
          { id: '2', name: 'Bob' },
        ],
        next: 'x',
      });
      const stop = start();
      const first = ['snapshot_begin', 'snapshot 1', 'snapshot 2', 'snapshot_end'];
      await published(...first);
      answer({ items: [{ id: '3', name: 'Cid' }], next: 'x2' });
      await published(...first, 'create 3');
      await eventually(async () => (await metricValue(context, 'pending_events')) === 0, 'all confirmed');
      await stop();
      await lose(context.stateFolder);
      answer({ items: [{ id: '1', name: 'Ann' }], next: 'y' });
      start();
      await published(...first, 'create 3', 'snapshot_begin', 'snapshot 1', 'snapshot_end');
      t.same(
        foldDelivered(await lane.delivered()).map(({ id }) => id),
        ['1'],
      );
    });
  }

  t.test('a snapshot goes on over several pages, and over a restart between them', async (t) => {
    const { answerBy, start, published, asked } = await scripted(t, bus);
    const first = {
      items: [
        { id: '1', name: 'Ann' },
        { id: '9', gone: true },
      ],
      next: 'x',
    };
    answerBy((after) => (after === null ? first : undefined));
    const stop = start();
    await published('snapshot_begin', 'snapshot 1');
    await eventually(() => asked.some(({ url }) => url?.includes('after=x')), 'the request of the second page');
    await stop();
    const second = {
      items: [
        { id: '1', name: 'Eve' },
        { id: '2', name: 'Bob' },
      ],
      next: 'y',
    };
    answerBy((after) => (after === 'x' ? second : { items: [], next: 'y' }));
    start();
    await published('snapshot_begin', 'snapshot 1', 'update 1', 'snapshot 2', 'snapshot_end');
  });

  t.test('a service whose pages lead round in a circle stops the source, with the reason', async (t) => {
    const { answerBy, source, context } = await scripted(t, bus);
    answerBy((after) => ({ items: [{ id: '1', name: 'Ann' }], next: after === 'a' ? 'b' : 'a' }));
    const running = runSource(source(), context, new AbortController().signal);
    await t.rejects(running, { name: 'SourceUnfitError', message: /given before, at next/ });
  });

  t.test('an element that is no record goes to quarantine once, and others are published', async (t) => {
    const { answer, start, published, lane } = await scripted(t, bus);
    const gone = { name: 'gone without a key', gone: true };
    answer({ items: [null, 5, 'x', [], { name: 'no key' }, gone, { id: '1', name: 'Ann' }], next: 'x' });
    start();
    await published('snapshot_begin', 'snapshot 1', 'snapshot_end');
    await eventually(async () => (await lane.quarantined()) === 3, 'one without any value, two with a name only');
    answer({ items: [null, { name: 'no key' }, gone, { id: '2', name: 'Bob' }], next: 'y' });
    await published('snapshot_begin', 'snapshot 1', 'snapshot_end', 'create 2');
    t.equal(await lane.quarantined(), 3);
  });

  t.test('the service is not asked again before the time in Retry-After', async (t) => {
    const { answer, start, asked, published } = await scripted(t, bus);
    answer(undefined);
    start();
    await eventually(() => asked.length === 1, 'the first request');
    answer({ items: [], next: 'x' });
    await published('snapshot_begin', 'snapshot_end');
    t.ok(asked[1]!.atMs - asked[0]!.atMs >= 990, `${asked[1]!.atMs - asked[0]!.atMs} ms`);
  });

  t.test('a record that says neither true nor false where it says that it is deleted stops the source', async (t) => {
    for (const gone of ['true', 1, '2026-11-24T08:30:00Z', {}]) {
      const { answer, source, context } = await scripted(t, bus);
      answer({ items: [{ id: '1', name: 'Ann', gone }], next: 'x' });
      const ended = runSource(source(), context, new AbortController().signal);
      await t.rejects(ended, { code: 'SOURCE_UNFIT', message: /true or false at gone/ });
    }
  });
});
