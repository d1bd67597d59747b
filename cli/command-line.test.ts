import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { sluice } from '../tests/support/connectors/recording-terminal.js';

/** The address of a port that nothing listens on: it was free a moment ago. */
async function urlOfNobody(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return `http://127.0.0.1:${port}`;
}

const COMMANDS = [
  'demo',
  'start',
  'apply',
  'catalog lint',
  'catalog put',
  'catalog publish',
  'catalog import',
  'catalog export',
  'catalog search',
  'catalog show',
  'catalog proto',
  'request',
  'files list',
  'files show',
  'make',
  'act',
  'act-entries',
  'procedures',
  'worklist',
  'notices list',
  'notices follow',
  'notices read',
  'notices webhook',
  'attachments put',
  'attachments get',
  'enrol',
  'redeem',
  'appoint',
  'clock',
  'grants list',
  'grants suspend',
  'grants restore',
  'grants terminate',
  'publish',
  'subscribe',
  'benefits explain',
  'benefits replay',
  'benefits lint',
  'ledger verify',
  'ledger who-received',
  'status',
  'doctor',
  'whoami',
  'systems list',
  'systems renew-token',
  'grants show',
  'lag',
  'cursors list',
  'cursors set',
  'cursors rm',
  'dead-letters list',
  'dead-letters redrive',
  'dead-letters drop',
  'quarantine list',
  'quarantine show',
  'show',
  'completion',
];

t.test('the help of every command has an example', async (t) => {
  for (const command of COMMANDS) {
    const { exitCode, out } = await sluice(...command.split(' '), '--help');
    t.equal(exitCode, 0, command);
    t.match(out, /Examples?:\n {2}\$ sluice /, command);
  }
  const { out } = await sluice('--help');
  t.match(out, /Exit codes:/);
});

t.test('every command takes --json', async (t) => {
  for (const command of COMMANDS) {
    const { out } = await sluice(...command.split(' '), '--help');
    t.match(out, '--json', command);
  }
});

t.test('a wrong command line ends with exit code 2 and one message, without a stack', async (t) => {
  const wrong: [string[], RegExp][] = [
    [['nonsense'], /unknown command 'nonsense'/],
    [['status', '--nonsense'], /unknown option '--nonsense'/],
    [['status', 'extra'], /too many arguments/],
    [['subscribe'], /missing required argument 'grant'/],
    [['subscribe', 'g', '--from', 'somewhere'], /cursor, earliest, latest/],
    [['subscribe', 'g', '--narrow', '{'], /JSON map/],
    [['subscribe', 'g', '--since', 'soon'], /90s, 15m, 1h/],
    [['subscribe', 'g', '--since', '1h', '--from', 'latest'], /cannot be used with option '--from/],
    [['subscribe', 'g', '--op', 'create,upsert'], /create, update/],
    [['subscribe', 'g', '--to', 'noon'], /position or a date-time/],
    [['subscribe', 'g', '--output', 'xlsx'], /json, table, csv/],
    [['subscribe', 'g', '--ack', '--op', 'create'], /--ack would acknowledge/],
    [['cursors', 'set', 'g', 'c', '5'], /--reason/],
    [['show', 'g', 'first'], /whole number above 0/],
    [['subscribe', 'g', '--limit', '0'], /above 0/],
    [['subscribe', 'g', '--encoding', 'xml'], /json, msgpack, protobuf/],
    [['status', '--url', 'nats://here'], /http:\/\/host:port/],
    [['start', '--port', '70000'], /0 to 65535/],
    [['start', '--durability', 'hopeful'], /strict, relaxed/],
    [['demo', '--seed', '-1'], /seed/],
    [['apply'], /--file/],
    [['apply', '-f', '/nowhere/bundle.yaml'], /cannot be read: ENOENT/],
    [['grants', 'suspend', 'g'], /--reason/],
    [['publish', '/nowhere/events.ndjson'], /cannot be read: ENOENT/],
    [['benefits', 'lint', '/nowhere/rules.yaml'], /cannot be read: ENOENT/],
    [['ledger', 'who-received', '--entry', 'a.b'], /--subject/],
  ];
  for (const [args, message] of wrong) {
    const { exitCode, err } = await sluice(...args);
    const what = args.join(' ');
    t.equal(exitCode, 2, what);
    t.match(err, message, what);
    t.notMatch(err, /\n\s+at /, what);
  }
});

t.test(
  'a token or address that can never work ends every command with exit code 2 and one line that names it',
  async (t) => {
    const attempts: [string[], RegExp][] = [
      [['publish', 'events.ndjson', '--token', 'secret-token\n'], /SLUICE_TOKEN/],
      [['status', '--token', 'secret-token机'], /SLUICE_TOKEN/],
      [['subscribe', 'g', '--token', 'secret token'], /SLUICE_TOKEN/],
      [['grants', '--url', 'http://user:secret@127.0.0.1:8080'], /SLUICE_URL/],
      [['status', '--url', 'http://127.0.0.1:9/secret'], /SLUICE_URL/],
    ];
    for (const [args, name] of attempts) {
      const { exitCode, err } = await sluice(...args);
      t.equal(exitCode, 2, args.join(' '));
      t.match(err, name);
      t.notMatch(err, /secret|\n/);
    }
    process.env.SLUICE_TOKEN = 'secret-token\n';
    t.teardown(() => delete process.env.SLUICE_TOKEN);
    const { exitCode, err } = await sluice('status');
    t.equal(exitCode, 2);
    t.match(err, /SLUICE_TOKEN/);
    t.notMatch(err, /secret|\n/);
  },
);

t.test('a bus that cannot be reached ends a command with exit code 3 and one line', async (t) => {
  const url = await urlOfNobody();
  const { exitCode, err } = await sluice('status', '--url', url);
  t.equal(exitCode, 3);
  t.match(err, new RegExp(`^sluice: CONNECTION_LOST: ${url} can ?not be reached: ECONNREFUSED`));
  const asJson = await sluice('grants', '--url', url, '--json');
  t.match(JSON.parse(asJson.err), { error: { code: 'CONNECTION_LOST', exitCode: 3 } });
});

t.test('a fault that does not keep the bus from being ready is named by status and fails the doctor', async (t) => {
  const warning = 'stream RECEIPTS holds 1000 of the 1000 bytes of its limit';
  const server = createHttpServer((_request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ status: 'ready', notices: [], warnings: [warning] }));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.teardown(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const status = await sluice('status', '--url', url);
  t.equal(status.exitCode, 0);
  t.match(status.out, ` is ready\n  warning: ${warning}`);
  const doctor = await sluice('doctor', '--url', url);
  t.equal(doctor.exitCode, 1);
  t.match(doctor.out, `FAIL  store         ${warning}: see "A stream has reached its limit" in docs/operations.md`);
});

t.test('catalog lint lists every problem of every entry without a bus', async (t) => {
  const file = join(t.testdir(), 'entries.yaml');
  await writeFile(
    file,
    `
- { id: p.good, name: Good, sharingAttribute: unconditional, items: [{ name: key, type: string, identifier: true }] }
- { id: p.bad, name: Bad, sharingAttribute: sometimes, items: [{ name: key, type: text }] }
- { id: p.slow, name: Slow, sharingAttribute: unconditional, items: [{ name: key, type: string, identifier: true, pattern: "^(a+)+$" }] }
`,
  );
  const { exitCode, out } = await sluice('catalog', 'lint', file);
  t.equal(exitCode, 1);
  t.match(out, /p\.good: valid/);
  t.match(out, /p\.bad: not valid\n {2}- sharingAttribute/);
  t.match(out, /p\.slow: not valid\n {2}- .*linear/);
  const lawful = await sluice('catalog', 'lint', file, '--lawful', '--json');
  t.match(JSON.parse(lawful.out)[0], { entry: 'p.good', problems: /provider|format/ });
});

t.test('an empty variable counts as not set', async (t) => {
  const main = fileURLToPath(new URL('main.js', import.meta.url));
  const empty = { SLUICE_URL: '', SLUICE_TOKEN: '', SLUICE_CONFIG: '' };
  const options = {
    env: { ...process.env, ...empty },
    stdio: ['ignore', 'pipe', 'pipe'] as ['ignore', 'pipe', 'pipe'],
  };
  const run = async (...args: string[]) => {
    const child = spawn(process.execPath, [main, ...args], options);
    const [err, [exitCode]] = await Promise.all([text(child.stderr), once(child, 'close')]);
    return { err, exitCode };
  };
  const unreachable = await run('status', '--url', await urlOfNobody());
  t.equal(unreachable.exitCode, 3, unreachable.err);
  const folder = join(t.testdir(), 'none');
  const start = await run('start', '--data', folder, '--port', '65536');
  t.match(start, { exitCode: 2, err: /port/ });
  t.notMatch(start.err, /cannot be read/, 'no file of configuration is looked for');
});

t.test('a file that is not YAML is refused with its name', async (t) => {
  const file = join(t.testdir(), 'bundle.yaml');
  await writeFile(file, 'parties: [{');
  const { exitCode, err } = await sluice('apply', '-f', file);
  t.equal(exitCode, 2);
  t.match(err, /is not YAML/);
});
