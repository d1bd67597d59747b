import t, { type Test } from 'tap';
import { ConnectorBus } from '../../tests/support/connectors/connector-bus.js';
import { startPostgres } from '../../tests/support/connectors/postgres.js';
import { TcpProxy } from '../../tests/support/tcp-proxy.js';
import type { Person } from '../conformance/lane.js';
import { type SinkSite, sinkConformance } from '../conformance/sink-conformance.js';
import { parsePostgresSinkConfig } from './config.js';
import { PostgresSink } from './sink.js';

t.test('postgres-sink passes the conformance suite of sinks', async (t) => {
  const bus = await ConnectorBus.start(t);
  const postgres = await startPostgres(t);
  let tables = 0;
  const site = async (t: Test): Promise<SinkSite> => {
    const table = `people_${++tables}`;
    const server = new URL(postgres.url);
    const proxy = await TcpProxy.start(t, { host: server.hostname, port: Number(server.port) });
    const database = Object.assign(new URL(postgres.url), { port: String(proxy.port) }).href;
    return {
      create: (context, lane) =>
        new PostgresSink(parsePostgresSinkConfig({ database, grant: lane.grant, table }), context.name, context),
      people: async () => {
        const [found] = await postgres.query('SELECT to_regclass($1) AS name', [table]);
        if (!found?.name) return [];
        const rows = await postgres.query<Person>(`SELECT id, name, age, district FROM ${table}`);
        return rows.map((row) => ({ ...row, age: Number(row.age) }));
      },
      goAway: () => proxy.cut(),
      comeBack: () => proxy.restore(),
      // PostgreSQL has no way to store a NUL in a text.
      poison: { id: 'p-poison', name: 'nul\u0000', age: 1, district: 'd1' },
    };
  };
  sinkConformance(t, { lane: bus.lane, site });
});
