import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { SHARED_SECRET, startBroker } from '../../../tests/support/broker/broker.js';
import { sluice } from '../../../tests/support/connectors/recording-terminal.js';
import { person, REGISTER_BUNDLE } from '../../../tests/support/connectors/register-bundle.js';
import { publishBatch } from '../../../tests/support/raw-client/raw-http.js';

const PAYLOAD = 'a-citizen-nobody-may-see';

t.test(
  'a support bundle has versions, configuration, metrics and log lines, and no token, secret or payload',
  async (t) => {
    const bus = await startBroker(t);
    await bus.apply(REGISTER_BUNDLE);
    const event = { ...person(0), data: { ...person(0).data, district: PAYLOAD } };
    await publishBatch({ url: bus.url, token: 'registry-source-token-0123456789' }, [event]);
    const folder = t.testdir();
    const [config, log, file] = ['sluice.yaml', 'broker.log', 'bundle.json'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    await writeFile(
      config,
      [
        `secret: ${SHARED_SECRET}`,
        'bootstrapToken: bootstrap-token-of-this-test',
        'heartbeatMs: 9000',
        `dataDir: ${folder}`,
        'traces: { otlpUrl: "http://127.0.0.1:4318/v1?token=otlp-token" }',
        'nats: { url: "nats://user-x:password-in-url@10.0.0.1:4222", systemUser: sys, systemPass: system-pass-1 }',
      ].join('\n'),
    );
    await writeFile(
      log,
      [
        {
          level: 40,
          time: 1,
          hostname: 'h',
          msg: `nats://a:b-password@host and Bearer ${bus.operatorToken}`,
          grant: 'g-one',
        },
        {
          level: 50,
          time: 2,
          msg: 'refused',
          record: { district: PAYLOAD },
          idNumber: 35018119900101,
          position: 7,
          value: PAYLOAD,
          err: { code: 'X', input: PAYLOAD },
        },
        {
          level: 50,
          time: 3,
          msg: `Unexpected token in ${PAYLOAD}`,
          err: {
            type: 'SyntaxError',
            message: `Unexpected token in ${PAYLOAD}`,
            stack: `SyntaxError: Unexpected token in ${PAYLOAD}\n    at ${PAYLOAD} it goes on\n    at JSON.parse (<anonymous>)\n    at Room.read (file:///opt/sluice/dist/broker/room.js:7:9)\n    at async Promise.all (index 0)`,
          },
        },
      ]
        .map((line) => JSON.stringify(line))
        .concat(
          JSON.stringify({
            level: 50,
            time: 4,
            msg: 'postgres://u:pa/ss@wd@db and user=u password=of-the-line 350181199001010010 13805912345 Basic dXNlcjpw',
          }),
          `panic: ${PAYLOAD}`,
        )
        .join('\n'),
    );
    const args = [file, '--config', config, '--log', log, '--url', bus.url, '--token', bus.operatorToken];
    const { exitCode, out } = await sluice('diagnose', ...args);
    t.equal(exitCode, 0);
    t.match(out, /bundle\.json is written/);
    const text = await readFile(file, 'utf8');
    const forbidden = [
      PAYLOAD,
      SHARED_SECRET,
      bus.operatorToken,
      'bootstrap-token',
      'password-in-url',
      'b-password',
      'system-pass',
      'user-x',
      'otlp-token',
      '3501811990010',
      'ss@wd',
      'of-the-line',
      '13805912345',
      'dXNlcjpw',
    ];
    for (const secret of forbidden) t.notMatch(text, secret);
    t.equal((await stat(file)).mode & 0o077, 0, 'only its owner reads it');
    t.match(JSON.parse(text), {
      versions: { node: process.version },
      bus: { mode: 'trial' },
      readiness: { status: 'ready' },
      configuration: { heartbeatMs: 9000, secret: '(set)', nats: { systemPass: '(set)' } },
      metrics: /sluice_events_accepted_total/,
      grantMetrics: /sluice_grant_info\{grant="g-one"/,
      log: {
        lines: [
          { grant: 'g-one' },
          { msg: 'refused', position: 7, err: { code: 'X' } },
          {
            msg: '(message of the error)',
            err: {
              type: 'SyntaxError',
              stack: 'SyntaxError\n    at Room.read (file:///opt/sluice/dist/broker/room.js:7:9)',
            },
          },
        ],
        otherLines: 1,
      },
      dataFolder: { path: folder, diskFreeBytes: Number, files: [{ name: 'broker.log' }, { name: 'sluice.yaml' }] },
      configurationProblems: [],
      missing: [],
    });
    const again = await sluice('diagnose', ...args);
    t.equal(again.exitCode, 2, 'it overwrites nothing');
  },
);

t.test('a support bundle is written when the bus is away, and names what is missing', async (t) => {
  const file = join(t.testdir(), 'bundle.json');
  const { exitCode, out } = await sluice('diagnose', file, '--url', 'http://127.0.0.1:59999');
  t.equal(exitCode, 0);
  t.match(out, /without metrics: .*cannot be reached/);
  const { missing, versions } = JSON.parse(await readFile(file, 'utf8'));
  t.match(missing.join('\n'), /^readiness: /m);
  t.match(versions, { node: process.version });
});

t.test(
  'a configuration that the broker would refuse is in the bundle, with its problems and without unknown settings',
  async (t) => {
    const folder = t.testdir({
      'sluice.yaml': [
        'bootstraptoken: misspelt-token-0123456789',
        'heartbeatMs: soon',
        `dataDir: ${t.testdirName}`,
        'nats: { url: "nats://user-x:p@ss/word@10.0.0.1:4222", pasword: misspelt-password }',
        'oidc: [{ issuer: "https://idp.example", clientSecert: misspelt-secret }]',
        'http: { trustedProxies: ["10.0.0.2"], corsOrigins: { token: misspelt-token } }',
      ].join('\n'),
    });
    const file = join(folder, 'bundle.json');
    const args = ['--config', join(folder, 'sluice.yaml'), '--url', 'http://127.0.0.1:59999'];
    const { exitCode, out } = await sluice('diagnose', file, ...args);
    t.equal(exitCode, 0);
    t.match(out, /without a configuration that is right: .*heartbeatMs must be integer/);
    const text = await readFile(file, 'utf8');
    for (const secret of ['misspelt', 'ss/word', 'user-x']) t.notMatch(text, secret);
    t.match(JSON.parse(text), {
      configuration: {
        heartbeatMs: 'soon',
        nats: { url: 'nats://(redacted)@10.0.0.1:4222' },
        oidc: ['(left out)'],
        http: { trustedProxies: ['10.0.0.2'], corsOrigins: '(left out)' },
      },
      dataFolder: { path: t.testdirName },
    });
  },
);
