import { mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { eventually, foldDelivered, type Lane } from '../../../connectors/conformance/lane.js';
import { parseFileSourceConfig } from '../../../connectors/file-source/config.js';
import { FileSource } from '../../../connectors/file-source/source.js';
import { parseHttpSourceConfig } from '../../../connectors/http-source/config.js';
import { HttpSource } from '../../../connectors/http-source/source.js';
import { runSource } from '../../../connectors/runtime/source/run-source.js';
import type { Source } from '../../../connectors/runtime/source/source.js';
import type { DeliveredEvent } from '../../../proto/event/event.js';
import { ConnectorBus } from '../../support/connectors/connector-bus.js';
import { temporaryFolder } from '../../support/nats/nats.js';
import { mustCall } from '../../support/raw-client/raw-http.js';

interface Row {
  id: string;
  no: string;
  name: string;
  age: number;
}

/** Input of a source, and the source with other settings each time. */
interface Register {
  put(rows: Row[]): Promise<void>;
  source(settings: object): Source;
}

const ROWS: Row[] = [
  { id: '1', no: 'a', name: 'Ann', age: 5 },
  { id: '2', no: 'b', name: 'Bob', age: 6 },
];
const COLUMNS = { id: 'id', name: 'name' };

async function files(t: Test, lane: Lane): Promise<Register> {
  const root = await temporaryFolder(t);
  await mkdir(join(root, 'in'));
  let number = 0;
  const context = lane.sourceContext('files');
  const settings = {
    folder: 'in',
    entry: lane.entry,
    key: ['id'],
    columns: COLUMNS,
    pollSeconds: 0.02,
    settleSeconds: 0,
  };
  return {
    put: (rows) => {
      const lines = rows.map((row) => `${row.id},${row.no},${row.name},${row.age}\n`).join('');
      return writeFile(join(root, 'in', `${++number}.csv`), `id,no,name,age\n${lines}`);
    },
    source: (more) => new FileSource(parseFileSourceConfig({ ...settings, ...more }, root), context),
  };
}

/** Each change is sent once, as a service does that is asked for what came after a cursor. */
async function service(t: Test, lane: Lane): Promise<Register> {
  let pages: Row[][] = [];
  const server = createServer((request, response) => {
    const after = Number(new URL(request.url ?? '', 'http://x').searchParams.get('after') ?? 0);
    response.end(JSON.stringify({ items: pages.slice(after).flat(), next: pages.length }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/rows`;
  const context = lane.sourceContext('http');
  const settings = { url, entry: lane.entry, key: ['id'], columns: COLUMNS, pollSeconds: 0.02 };
  return {
    put: async (rows) => {
      pages = [...pages, rows];
    },
    source: (more) => new HttpSource(parseHttpSourceConfig({ ...settings, ...more }), context),
  };
}

function run(t: Test, lane: Lane, source: Source): () => Promise<void> {
  const ending = new AbortController();
  const done = runSource(source, lane.sourceContext('runner'), ending.signal);
  done.catch((error) => t.fail(`the source ended with ${String(error)}`));
  const stop = async (): Promise<void> => {
    ending.abort();
    await done.catch(() => undefined);
  };
  t.teardown(stop);
  return stop;
}

type Copy = Record<string, unknown>[];

/** The last snapshot that has begun has ended: a source that is stopped before sends its end later. */
const snapshotEnded = (delivered: () => Promise<DeliveredEvent[]>): Promise<void> =>
  eventually(async () => {
    const ops = (await delivered()).map(({ op }) => op as string);
    return ops.lastIndexOf('snapshot_end') >= ops.lastIndexOf('snapshot_begin');
  }, 'the end of the snapshot');

const holds = (delivered: () => Promise<DeliveredEvent[]>, wanted: Copy): Promise<void> =>
  eventually(
    async () => JSON.stringify(foldDelivered(await delivered())) === JSON.stringify(wanted),
    JSON.stringify(wanted),
  );

const [ann, bob] = [
  { id: '1', name: 'Ann' },
  { id: '2', name: 'Bob' },
];

const CHANGES: [what: string, settings: object, wanted: Copy][] = [
  [
    'one more column',
    { columns: { ...COLUMNS, age: 'age' } },
    [
      { ...ann, age: 5 },
      { ...bob, age: 6 },
    ],
  ],
  ['other codes', { columns: { id: 'id', name: { item: 'name', codes: { Ann: 'A' } } } }, [{ ...ann, name: 'A' }, bob]],
  [
    'another key',
    { key: ['no'], columns: { no: 'id', name: 'name' } },
    [
      { ...ann, id: 'a' },
      { ...bob, id: 'b' },
    ],
  ],
];

for (const [kind, open] of Object.entries({ files, service })) {
  t.test(`a source of ${kind} whose records are mapped in another way`, async (t) => {
    const bus = await ConnectorBus.start(t);

    for (const [what, settings, wanted] of CHANGES) {
      t.test(`${what} brings unchanged records up to date`, async (t) => {
        const lane = await bus.lane(t);
        const register = await open(t, lane);
        await register.put(ROWS);
        const stop = run(t, lane, register.source({}));
        await holds(() => lane.delivered(), [ann, bob]);
        await stop();
        const stopAgain = run(t, lane, register.source(settings));
        await holds(() => lane.delivered(), wanted);
        await snapshotEnded(() => lane.delivered());
        await stopAgain();
        const published = (await lane.delivered()).length;
        run(t, lane, register.source(settings));
        await register.put([...ROWS, { id: '3', no: 'c', name: 'Cid', age: 7 }]);
        await eventually(async () => (await lane.delivered()).length > published, 'the next record');
        t.equal((await lane.delivered()).length, published + 1, 'and a start with the same settings changes nothing');
      });
    }

    t.test(
      'an item that becomes filterable while it runs lets a filtered copy gain and lose its records',
      async (t) => {
        const lane = await bus.lane(t);
        const register = await open(t, lane);
        await register.put(ROWS);
        run(t, lane, register.source({}));
        await holds(() => lane.delivered(), [ann, bob]);
        const filtered = await filteredByName(bus, lane);
        await holds(filtered, [ann]);
        await register.put([{ ...ROWS[0]!, name: 'Eve' }, ROWS[1]!]);
        await holds(filtered, []);
        await holds(() => lane.delivered(), [{ ...ann, name: 'Eve' }, bob]);
      },
    );
  });
}

/** Makes the name filterable and returns what a grant for one name delivers. */
async function filteredByName(bus: ConnectorBus, lane: Lane): Promise<() => Promise<DeliveredEvent[]>> {
  await bus.makeFilterable(lane, 'name');
  const { url, apply } = bus.broker;
  const number = lane.entry.replace(/^.*people-/, '');
  const id = `g-named-${number}`;
  const items = ['id', 'name'].map((name) => ({ name }));
  const period = { from: '2020-01-01', to: '2099-12-31' };
  const grant = { id, system: `subscriber-${number}`, entry: lane.entry, items, period, history: 'all' };
  await apply({ grants: [{ ...grant, rows: { name: { is: 'Ann' } }, purpose: 'test', basis: 'test' }] });
  const at = { url, token: `token-of-the-subscriber-${number}-0123456789` };
  return async () => {
    const { text } = await mustCall(at, 'GET', `/v1/grants/${id}/events?from=earliest&limit=10000`);
    const lines = text.trim().split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as DeliveredEvent);
  };
}

t.test('a file that is gone is not read again, and the next one brings its records up to date', async (t) => {
  const bus = await ConnectorBus.start(t);
  const lane = await bus.lane(t);
  const root = await temporaryFolder(t);
  await mkdir(join(root, 'in'));
  const context = lane.sourceContext('files');
  const settings = {
    folder: 'in',
    entry: lane.entry,
    key: ['id'],
    columns: COLUMNS,
    pollSeconds: 0.02,
    settleSeconds: 0,
  };
  const source = (more: object): Source =>
    new FileSource(parseFileSourceConfig({ ...settings, ...more }, root), context);
  await writeFile(join(root, 'in', 'older.csv'), 'id,name,age\n9,Old,1\n');
  const first = run(t, lane, source({}));
  await holds(() => lane.delivered(), [{ id: '9', name: 'Old' }]);
  await writeFile(join(root, 'in', 'a.csv'), 'id,name,age\n9,Old,1\n1,Ann,5\n');
  await holds(() => lane.delivered(), [ann, { id: '9', name: 'Old' }]);
  await first();
  await rm(join(root, 'in', 'a.csv'));
  run(t, lane, source({ columns: { ...COLUMNS, age: 'age' } }));
  await writeFile(join(root, 'in', 'b.csv'), 'id,name,age\n9,Old,1\n1,Ann,6\n');
  await holds(
    () => lane.delivered(),
    [
      { ...ann, age: 6 },
      { id: '9', name: 'Old', age: 1 },
    ],
  );
});
