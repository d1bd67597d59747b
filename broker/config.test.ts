import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ConfigError, loadConfig, parseConfig } from './config.js';

const problemsOf = (env: NodeJS.ProcessEnv, yaml: string): string[] => {
  try {
    parseConfig(env, yaml);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
};

t.test('without file and environment the defaults hold', async (t) => {
  const config = parseConfig({}, '');
  t.match(config, { host: '127.0.0.1', port: 8080, dataDir: '.sluice', partitions: 4, durability: 'strict' });
  t.equal(config.maxEventBytes, 256 * 1024);
  t.equal(config.platformRegistration, undefined);
});

t.test('the environment wins over the file, the file over the defaults', async (t) => {
  const config = parseConfig({ SLUICE_PORT: '0' }, 'port: 9000\nsession: {maxCredit: 5}\nheartbeatMs: 500\n');
  t.equal(config.port, 0);
  t.equal(config.heartbeatMs, 500);
  t.equal(config.session.maxCredit, 5);
  t.equal(config.session.maxSubscriptions, 200, 'the rest of a map keeps its defaults');
});

t.test('a restored store is declared by 1 or true, in the environment too', async (t) => {
  for (const text of ['1', 'true']) t.equal(parseConfig({ SLUICE_RESTORED: text }, '').restored, true, text);
  t.match(problemsOf({ SLUICE_RESTORED: 'yes' }, ''), ['restored (SLUICE_RESTORED) must be boolean']);
});

t.test('every problem is listed at once, unknown keys too', async (t) => {
  const yaml = 'prot: 1\npartitions: 0\nsession: {maxWhatever: 1}\ndurability: none\nnats: {url: "http://x"}\n';
  const problems = problemsOf({ SLUICE_PORT: 'many', SLUICE_SECRET: 'short' }, yaml);
  for (const part of [
    'prot is not',
    'partitions',
    'session.maxWhatever',
    'durability',
    'nats.url',
    'port (SLUICE_PORT) must',
    'secret (SLUICE_SECRET) must',
  ]) {
    t.ok(
      problems.some((problem) => problem.includes(part)),
      part,
    );
  }
  t.notOk(problems.join().includes('short'), 'a secret value is not repeated');
});

t.test('a setting by its old name is taken, with a warning; the new name wins', async (t) => {
  const old = parseConfig({}, 'session: {stuffedMs: 5000}\n');
  t.equal(old.session.stalledMs, 5000);
  t.match(old.warnings, [/session\.stuffedMs is called session\.stalledMs/]);
  const both = parseConfig({}, 'session: {stuffedMs: 5000, stalledMs: 7000}\n');
  t.equal(both.session.stalledMs, 7000);
  t.match(problemsOf({}, 'session: {stuffedMs: soon}\n'), ['session.stalledMs must be integer']);
});

t.test('a malformed address or token is refused by the name of its setting, without its value', async (t) => {
  const cases: [NodeJS.ProcessEnv, string, string][] = [
    [{ SLUICE_HOST: 'http://ex ample' }, '', 'host'],
    [{ SLUICE_BOOTSTRAP_TOKEN: 'ex-ample-token-of-28-letters\n' }, '', 'bootstrapToken'],
    [{ SLUICE_BOOTSTRAP_TOKEN: 'ex-ample-密-of-twenty-letters' }, '', 'bootstrapToken'],
    [{ SLUICE_NATS: 'nats://bus:%ex@10.0.0.1', SLUICE_SECRET: 'x'.repeat(32) }, '', 'nats.url'],
    [{ SLUICE_NATS: 'nats://', SLUICE_SECRET: 'x'.repeat(32) }, '', 'nats.url'],
    [{}, 'http: {trustedProxies: [10.0.0.0/ex]}', 'http.trustedProxies.0'],
    [{}, 'http: {trustedProxies: [10.0.0.0/33]}', 'http.trustedProxies.0'],
    [{}, 'http: {corsOrigins: ["https://ex.example/path"]}', 'http.corsOrigins.0'],
    [{}, 'tls: {cert: ex.pem}', 'tls'],
  ];
  for (const [env, yaml, setting] of cases) {
    const problems = problemsOf(env, yaml);
    t.equal(problems.length, 1, setting);
    t.ok(problems[0]?.startsWith(setting), String(problems));
    t.notMatch(String(problems), /\bex\b/, 'no value');
  }
  const good = 'http: {trustedProxies: [10.0.0.0/8, "fd00::/8", 127.0.0.1], corsOrigins: ["https://a.example:8443"]}';
  t.same(problemsOf({ SLUICE_HOST: '::1' }, good), []);
});

t.test('a file that is not YAML or not a map is refused', async (t) => {
  t.match(problemsOf({}, 'a: [')[0], /not YAML/);
  t.match(problemsOf({}, '- a')[0], /map/);
});

t.test('an external NATS demands the shared secret, and its password leaves the URL', async (t) => {
  t.match(problemsOf({ SLUICE_NATS: 'nats://10.0.0.1:4222' }, '')[0], /SLUICE_SECRET/);
  const config = parseConfig({ SLUICE_NATS: 'nats://bus:p%40ss@10.0.0.1:4222', SLUICE_SECRET: 'x'.repeat(32) }, '');
  t.match(config.nats, { url: 'nats://10.0.0.1:4222', user: 'bus', pass: 'p@ss' });
});

t.test('a registered platform refuses a bootstrap token that is easy to guess', async (t) => {
  const registered = 'platformRegistration: {platform: p, owner: o, number: n}\n';
  t.match(problemsOf({ SLUICE_BOOTSTRAP_TOKEN: 'short' }, registered)[0], /bootstrapToken/);
  t.same(problemsOf({ SLUICE_BOOTSTRAP_TOKEN: 'short' }, ''), []);
});

t.test('a secret is made once in the data folder, readable by its owner alone', async (t) => {
  const dataDir = join(t.testdir({}), 'data');
  const first = loadConfig({ SLUICE_DATA: dataDir }, undefined).secret;
  t.equal(loadConfig({ SLUICE_DATA: dataDir }, undefined).secret, first);
  t.equal(readFileSync(join(dataDir, 'secret'), 'utf8').trim(), first);
  t.equal(statSync(join(dataDir, 'secret')).mode & 0o777, 0o600);
});

t.test('a setting without a value is refused with its path', async (t) => {
  t.throws(() => parseConfig({}, 'session:\n  maxCredit:\n'), { message: /session.maxCredit: has no value/ });
  t.throws(() => parseConfig({}, 'platformRegistration:\n'), { message: /platformRegistration: has no value/ });
});
