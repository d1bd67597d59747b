import t from 'tap';
import { CONNECTOR_KINDS } from '../../cli/commands/connectors/connector-kinds.js';
import { runConnector } from '../../cli/commands/connectors/run-connector.js';
import { parsePostgresSourceConfig } from '../postgres-source/config.js';
import { parseConnectorConfig } from './connector-config.js';
import { ConnectorConfigError } from './connector-errors.js';

const GOOD = `
name: licences
connector: postgres-sink
bus: { url: https://bus.example, token: "\${TOKEN}" }
settings: { database: "postgres://u:\${PASSWORD}@db/x", grant: g, table: t }
`;

t.test('secrets come from the environment, folders count from the file', async (t) => {
  const config = parseConnectorConfig(GOOD, '/etc/sluice/licences.yaml', { TOKEN: 'secret', PASSWORD: 'p' });
  t.match(config, {
    name: 'licences',
    bus: { token: 'secret' },
    stateFolder: '/etc/sluice/state',
    metricsPort: undefined,
  });
  t.match(config.settings, { database: 'postgres://u:p@db/x' });
});

t.test('everything wrong is told at once', async (t) => {
  const problemsOf = (text: string): string[] => {
    try {
      parseConnectorConfig(text, 'x.yaml', {});
    } catch (error) {
      if (error instanceof ConnectorConfigError) return error.problems;
    }
    return [];
  };
  t.same(problemsOf(GOOD), ['the environment has no TOKEN', 'the environment has no PASSWORD']);
  t.equal(problemsOf('name: A B\nconnector: x\nbus: { url: nats://x, token: t }\nmetric: 1').length, 3);
  t.match(problemsOf(': :')[0], /not YAML/);
});

t.test('a kind that does not exist is told with those that do', async (t) => {
  const config = parseConnectorConfig(GOOD.replace('postgres-sink', 'oracle-sink'), 'x.yaml', {
    TOKEN: 't',
    PASSWORD: 'p',
  });
  await t.rejects(runConnector(config, AbortSignal.abort()), { code: 'CONFIG_INVALID', message: /postgres-source/ });
  t.ok(Object.keys(CONNECTOR_KINDS).length >= 6);
});

t.test('a table names its columns shortly or at length; two tables can not feed one entry', async (t) => {
  const table = {
    table: 'licences',
    entry: 'p.e',
    columns: { id: 'licence', s: { item: 'status', codes: { A: 'b' } } },
  };
  const settings = { database: 'postgres://x/y', tables: [table] };
  t.match(parsePostgresSourceConfig(settings, 'my-source'), {
    slot: 'sluice_my_source',
    tables: [{ schema: 'public', table: 'licences', columns: { id: { item: 'licence' }, s: { item: 'status' } } }],
  });
  t.throws(() => parsePostgresSourceConfig({ ...settings, tables: [table, table] }, 'x'), ConnectorConfigError);
});
