import t from 'tap';
import { parseConnectorConfig } from './connector-config.js';
import { ConnectorConfigError } from './connector-errors.js';

const GOOD = `
name: licences
connector: postgres-sink
bus: { url: https://bus.example, token: "\${TOKEN}" }
settings: { database: "postgres://u:\${PASSWORD}@db/x", grant: g, table: t }
`;

t.test('secrets are read from the environment and stateFolder is relative to the file', async (t) => {
  const config = parseConnectorConfig(GOOD, '/etc/sluice/licences.yaml', { TOKEN: 'secret', PASSWORD: 'p' });
  t.match(config, {
    name: 'licences',
    bus: { token: 'secret' },
    stateFolder: '/etc/sluice/state',
    metricsPort: undefined,
  });
  t.match(config.settings, { database: 'postgres://u:p@db/x' });
});

t.test('all problems of a configuration are reported at once', async (t) => {
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
