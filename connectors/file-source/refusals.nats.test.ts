import { mkdir, readdir, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { ConnectorBus } from '../../tests/support/connectors/connector-bus.js';
import { temporaryFolder } from '../../tests/support/nats/nats.js';
import { eventually, foldDelivered, type Lane, metricValue } from '../conformance/lane.js';
import type { ConnectorContext } from '../runtime/connector-context.js';
import { runSource } from '../runtime/source/run-source.js';
import { parseFileSourceConfig } from './config.js';
import { FileSource } from './source.js';

/** A folder, a lane, and a source between them that can be started with other settings. */
class Scene {
  readonly context: ConnectorContext;
  readonly lines: string[] = [];
  #stop: () => Promise<void> = async () => undefined;

  private constructor(
    private readonly t: Test,
    readonly lane: Lane,
    readonly root: string,
  ) {
    const context = lane.sourceContext('files');
    const error = (_where: unknown, text?: string): void => void this.lines.push(text ?? String(_where));
    this.context = { ...context, log: { ...context.log, error, warn: error } as unknown as ConnectorContext['log'] };
    t.teardown(() => this.stop());
  }

  static async create(t: Test, lane: Lane): Promise<Scene> {
    const root = await temporaryFolder(t);
    await mkdir(join(root, 'in'));
    return new Scene(t, lane, root);
  }

  start(settings: object = {}): void {
    const all = { ...this.#settings(), ...settings };
    const ending = new AbortController();
    const source = new FileSource(parseFileSourceConfig(all, this.root), this.context);
    const done = runSource(source, this.context, ending.signal);
    done.catch((error) => this.t.fail(`the source ended with ${String(error)}`));
    this.#stop = () => {
      ending.abort();
      return done.catch(() => undefined);
    };
  }

  stop(): Promise<void> {
    return this.#stop();
  }

  put(name: string, text: string): Promise<void> {
    return writeFile(join(this.root, 'in', name), text);
  }

  isRefused(): Promise<void> {
    return eventually(async () => (await metricValue(this.context, 'alarm', 'file_refused')) === 1, 'the alarm');
  }

  async ops(): Promise<string[]> {
    return (await this.lane.delivered()).map(({ op, subject }) => (subject === undefined ? op : `${op} ${subject}`));
  }

  has(ids: string[]): Promise<void> {
    const wanted = ids.join();
    const found = async (): Promise<string> =>
      foldDelivered(await this.lane.delivered())
        .map(({ id }) => id)
        .join();
    return eventually(async () => (await found()) === wanted, `the records ${wanted}`);
  }

  #settings(): object {
    const columns = { id: 'id', name: 'name' };
    return { folder: 'in', entry: this.lane.entry, key: ['id'], columns, pollSeconds: 0.02, settleSeconds: 0 };
  }
}

const SNAPSHOT = ['snapshot_begin', 'snapshot 1', 'snapshot 2', 'snapshot_end'];

t.test('a file source and what it refuses', async (t) => {
  const bus = await ConnectorBus.start(t);
  const scene = async (t: Test): Promise<Scene> => Scene.create(t, await bus.lane(t));

  t.test('a refused file is read again when a setting has changed, and its alarm lasts until then', async (t) => {
    const files = await scene(t);
    await files.put('a.csv', 'id;name\n1;Ann\n2;Bob\n');
    files.start();
    await files.isRefused();
    await files.stop();
    files.context.metrics.alarm('file_refused', false);
    files.start();
    await files.isRefused();
    await files.stop();
    files.start({ delimiter: ';' });
    await files.has(['1', '2']);
    await eventually(async () => (await metricValue(files.context, 'alarm', 'file_refused')) === 0, 'no alarm');
    t.same(await files.ops(), SNAPSHOT);
  });

  t.test('a refused file is not read again once a later one is published', async (t) => {
    const files = await scene(t);
    await files.put('a.csv', 'id;name\n9;Old\n');
    files.start();
    await files.isRefused();
    await files.put('b.csv', 'id,name\n1,Ann\n2,Bob\n');
    await files.has(['1', '2']);
    await files.stop();
    files.start({ delimiter: ';' });
    await files.put('c.csv', 'id;name\n1;Ann\n2;Bob\n3;Cid\n');
    await files.has(['1', '2', '3']);
    t.same(await files.ops(), [...SNAPSHOT, 'create 3']);
  });

  t.test('a file without a mapped column or without records changes nothing', async (t) => {
    const files = await scene(t);
    await files.put('1.csv', 'id,name\n1,Ann\n2,Bob\n');
    files.start();
    await files.has(['1', '2']);
    for (const [name, text] of [
      ['2.csv', 'id,full_name\n1,Ann\n2,Bob\n'],
      ['3.csv', ''],
      ['4.csv', 'id,name\n'],
      ['5.csv', 'id,name\n,\n,\n'],
      ['6.ndjson', ''],
      ['7.ndjson', '{"id":"1","full_name":"Ann"}\n'],
      ['8.csv', 'id,name\n9,Ann\n'],
    ] as const) {
      const before = files.lines.length;
      await files.put(name, text);
      await eventually(() => files.lines.length > before, `the refusal of ${name}`);
    }
    t.match(files.lines.join('\n'), /no column name.*no column id.*has no records.*has no records.*has no records/s);
    t.same(await files.ops(), SNAPSHOT);
    await files.isRefused();
  });

  t.test('a record of any size goes to quarantine when it is too large, and the others are published', async (t) => {
    for (const size of [300_000, 3_000_000, 20_000_000]) {
      const files = await scene(t);
      await files.put('a.csv', `id,name\n1,Ann\n9,${'x'.repeat(size)}\n2,Bob\n`);
      files.start();
      await files.has(['1', '2']);
      await eventually(
        async () => (await files.lane.quarantined()) === 1,
        `the quarantine of a record of ${size} bytes`,
      );
      await files.put('b.csv', 'id,name\n1,Ann\n2,Bob\n3,Cid\n');
      await files.has(['1', '2', '3']);
      await files.stop();
    }
  });

  t.test('a link is refused and not followed', async (t) => {
    const files = await scene(t);
    await writeFile(join(files.root, 'secret.csv'), 'id,name\n1,secret\n');
    await symlink(join(files.root, 'secret.csv'), join(files.root, 'in', 'a.csv'));
    files.start();
    await files.isRefused();
    t.match(files.lines, [/symbolic link/]);
    t.same(await files.ops(), []);
  });

  for (const [what, lose] of [
    ['is removed', (path: string) => rm(path)],
    ['is empty', (path: string) => truncate(path, 0)],
    ['is damaged', (path: string) => writeFile(path, '{"epoch":')],
    ['is foreign', (path: string) => writeFile(path, '{}')],
  ] as const) {
    for (const part of ['json', 'held.ndjson']) {
      if (part === 'held.ndjson' && what === 'is foreign') continue;
      t.test(`a source whose ${part} ${what} starts a new epoch with a snapshot`, async (t) => {
        const files = await scene(t);
        await files.put('a.csv', 'id,name\n1,Ann\n2,Bob\n');
        files.start();
        await files.has(['1', '2']);
        await eventually(async () => (await metricValue(files.context, 'pending_events')) === 0, 'all confirmed');
        await files.stop();
        await rm(join(files.root, 'in', 'a.csv'));
        await lose(join(files.context.stateFolder, `files.file-source.${part}`));
        files.start();
        await files.put('b.csv', 'id,name\n2,Bob\n3,Cid\n');
        await files.has(['2', '3']);
        t.same(await files.ops(), [...SNAPSHOT, 'snapshot_begin', 'snapshot 2', 'snapshot 3', 'snapshot_end']);
      });
    }
  }

  t.test('state files are readable by their owner only', async (t) => {
    const files = await scene(t);
    await files.put('a.csv', 'id,name\n1,Ann\n2,Bob\n');
    files.start();
    await files.has(['1', '2']);
    await files.stop();
    const { stateFolder } = files.context;
    for (const name of await readdir(stateFolder)) t.equal((await stat(join(stateFolder, name))).mode & 0o077, 0, name);
  });
});

t.test('a setting that can never be right is refused at the start', async (t) => {
  const settings = { folder: 'in', entry: 'p.e', key: ['id'], columns: { id: 'id' } };
  const parse = (more: object) => () => parseFileSourceConfig({ ...settings, ...more }, '/etc/sluice');
  t.equal(parse({})().folder, '/etc/sluice/in', 'a relative folder counts from the configuration file');
  t.throws(parse({ encoding: 'gb10830' }), /settings\.encoding/);
  for (const delimiter of ['', '"', '\n', ';;']) t.throws(parse({ delimiter }), /settings\.delimiter/);
  for (const offset of ['8', '+25:00', '+08:60', 'UTC']) {
    t.throws(parse({ columns: { id: { item: 'id', offset } } }), /settings\.columns\.id/);
  }
  t.throws(parse({ columns: { id: null } }), /settings\.columns\.id: has no value/);
  t.throws(parse({ key: null }), /settings\.key: has no value/);
});
