import t, { type Test } from 'tap';
import { ConnectorBus } from '../../tests/support/connectors/connector-bus.js';
import { startPostgres } from '../../tests/support/connectors/postgres.js';
import { TcpProxy } from '../../tests/support/tcp-proxy.js';
import type { Lane, Person } from '../conformance/lane.js';
import { type SourceSite, sourceConformance } from '../conformance/source-conformance.js';
import { parsePostgresSourceConfig } from './config.js';
import { PostgresSource } from './source.js';

t.test('postgres-source passes the conformance suite of sources', async (t) => {
  const bus = await ConnectorBus.start(t);
  const postgres = await startPostgres(t, { max_replication_slots: '30', max_wal_senders: '30' });
  let tables = 0;
  const site = async (t: Test, lane: Lane): Promise<SourceSite> => {
    const table = `people_${++tables}`;
    const server = new URL(postgres.url);
    const proxy = await TcpProxy.start(t, { host: server.hostname, port: Number(server.port) });
    const database = Object.assign(new URL(postgres.url), { port: String(proxy.port) }).href;
    await postgres.query(`CREATE TABLE ${table} (person_id text PRIMARY KEY, full_name text, age int, district text)`);
    await postgres.query(`ALTER TABLE ${table} REPLICA IDENTITY FULL`);
    const columns = { person_id: 'id', full_name: 'name', age: 'age', district: 'district' };
    const settings = {
      database,
      slot: `slot_${table}`,
      publication: table,
      tables: [{ table, entry: lane.entry, columns }],
    };
    const put = (people: readonly Person[]) =>
      postgres.query(
        `INSERT INTO ${table} SELECT * FROM json_to_recordset($1) AS p(id text, name text, age int, district text)
         ON CONFLICT (person_id) DO UPDATE SET full_name = EXCLUDED.full_name, age = EXCLUDED.age,
           district = EXCLUDED.district`,
        [JSON.stringify(people)],
      );
    return {
      create: (context) => new PostgresSource(parsePostgresSourceConfig(settings, context.name), context),
      put: async (people) => void (await put(people)),
      remove: async (id) => void (await postgres.query(`DELETE FROM ${table} WHERE person_id = $1`, [id])),
      putPoison: async (id) => void (await put([{ id, name: 'Poison', age: -1, district: 'd1' }])),
      goAway: () => proxy.cut(),
      comeBack: () => proxy.restore(),
    };
  };
  sourceConformance(t, { lane: bus.lane, site });
});
