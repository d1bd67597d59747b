import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { ConnectorBus } from '../../tests/support/connectors/connector-bus.js';
import { temporaryFolder } from '../../tests/support/nats/nats.js';
import type { Lane, Person } from '../conformance/lane.js';
import { type SourceSite, sourceConformance, sourceReading } from '../conformance/source-conformance.js';
import { parseFileSourceConfig } from './config.js';
import { FileSource } from './source.js';

const csv = (people: Iterable<Person>): string =>
  ['nr,name,age,district', ...[...people].map((one) => `${one.id},"${one.name}",${one.age},${one.district}`), ''].join(
    '\r\n',
  );

const ndjson = (people: Iterable<Person>): string =>
  [...people].map(({ id, ...rest }) => `${JSON.stringify({ nr: id, ...rest })}\n`).join('');

const settingsOf = (folder: string, lane: Lane) => ({
  folder,
  entry: lane.entry,
  key: ['nr'],
  columns: { nr: 'id', name: 'name', age: 'age', district: 'district' },
  pollSeconds: 0.05,
  settleSeconds: 0,
});

for (const [ending, write, conforms] of [
  ['csv', csv, sourceConformance],
  ['ndjson', ndjson, sourceReading],
] as const) {
  t.test(`the source from ${ending} files conforms`, async (t) => {
    const bus = await ConnectorBus.start(t);
    const site = async (t: Test, lane: Lane): Promise<SourceSite> => {
      const root = await temporaryFolder(t);
      const folder = join(root, 'in');
      await mkdir(folder);
      const people = new Map<string, Person>();
      let where = folder;
      const drop = async (): Promise<void> => {
        // Written beside and moved in, as a careful sender does.
        await writeFile(join(root, 'new'), write(people.values()));
        await rename(join(root, 'new'), join(where, `people.${ending}`));
      };
      return {
        create: (context) => new FileSource(parseFileSourceConfig(settingsOf(folder, lane), root), context),
        put: async (more) => {
          for (const one of more) people.set(one.id, one);
          await drop();
        },
        remove: async (id) => {
          people.delete(id);
          await drop();
        },
        putPoison: async (id) => {
          people.set(id, { id, name: 'Poison', age: -1, district: 'd1' });
          await drop();
        },
        goAway: async () => {
          where = `${folder}-away`;
          await rename(folder, where);
        },
        comeBack: async () => {
          await rename(where, folder);
          where = folder;
        },
      };
    };
    conforms(t, { lane: bus.lane, site });
  });
}
