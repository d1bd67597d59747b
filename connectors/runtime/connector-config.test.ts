import t from 'tap';
import { checkService, checkSettings, parseConnectorConfig } from './connector-config.js';
import { ConnectorConfigError } from './connector-errors.js';

const GOOD = `
name: licences
connector: postgres-sink
bus: { url: https://bus.example, token: "\${TOKEN}" }
settings: { database: "postgres://u:\${PASSWORD}@db/x", grant: g, table: t }
`;

function problemsOf(text: string, parse = (document: string): unknown => parseConnectorConfig(document, 'x.yaml', {})) {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof ConnectorConfigError) return error.problems;
    throw error;
  }
  return [];
}

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
  t.same(problemsOf(GOOD), ['the environment has no TOKEN', 'the environment has no PASSWORD']);
  t.equal(problemsOf('name: A B\nconnector: x\nbus: { url: nats://x, token: t }\nmetric: 1').length, 3);
  t.match(problemsOf(': :')[0], /not YAML/);
  const wrongLevel = GOOD.replaceAll(/\$\{\w+\}/g, 'given-token-0123456789').concat('logLevel: loud\n');
  t.match(problemsOf(wrongLevel), [/^logLevel must be one of .*warn/], 'the values that there are');
});

t.test('a key without a value is a problem with its path, at any depth', async (t) => {
  t.same(problemsOf('name: x\nconnector: webhook\nbus: { url: http://host, token: }\nmetrics:'), [
    'bus.token: has no value; leave the key out to say that there is none',
    'metrics: has no value; leave the key out to say that there is none',
  ]);
  const settings = { grant: 'g', headers: null, list: [{ a: 1 }, { a: null }] };
  const schema = { type: 'object', properties: { headers: { type: 'object', default: {} } } };
  t.same(
    problemsOf('', () => checkSettings(settings, schema)),
    [
      'settings.headers: has no value; leave the key out to say that there is none',
      'settings.list[1].a: has no value; leave the key out to say that there is none',
    ],
  );
});

t.test('a bus that can never be called is reported by its key and without address or token', async (t) => {
  const wrong = [
    ['{ url: "http://user:secret@host", token: good-token }', /^bus\.url /],
    ['{ url: "http://host:6000", token: good-token }', /^bus\.url /],
    ['{ url: "http://host", token: "secret-token\\n" }', /^bus\.token /],
    ['{ url: "http://host", token: "secret-机" }', /^bus\.token /],
  ] as const;
  for (const [bus, message] of wrong) {
    const [problem, ...others] = problemsOf(`name: x\nconnector: webhook\nbus: ${bus}`);
    t.match(problem, message);
    t.notMatch(problem, /secret/);
    t.same(others, []);
  }
});

t.test('a service that can never be called is reported by its key and without its value', async (t) => {
  const wrong: [string, Record<string, string>, RegExp][] = [
    ['http://user:secret@host/hook', {}, /^settings\.url /],
    ['http://host:9/secret', {}, /^settings\.url /],
    ['http://host', { 'x-key': 'secret\n' }, /x-key/],
    ['http://host', { 'x-key': 'secret机' }, /x-key/],
    ['http://host', { 'bad header': 'secret' }, /bad header/],
    ['http://host', { Host: 'secret' }, /Host/],
  ];
  for (const [url, headers, message] of wrong) {
    const [problem, ...others] = problemsOf('', () => checkService({ url, headers }));
    t.match(problem, message);
    t.notMatch(problem, /secret/);
    t.same(others, []);
  }
});

t.test('the folder of the configuration file is absolute, also for a relative path of the file', async (t) => {
  const config = parseConnectorConfig(GOOD, 'licences.yaml', { TOKEN: 'secret', PASSWORD: 'p' });
  t.equal(config.folder, process.cwd());
  t.equal(config.stateFolder, `${process.cwd()}/state`);
});
