import { execFile, spawnSync } from 'node:child_process';
import { copyFile, readFile, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { parse } from 'yaml';
import { ENVIRONMENT_VARIABLES, parseConfig } from '../../broker/config.js';
import { findNatsServer } from '../../broker/nats/server/find-server.js';
import { dataSourceFile } from '../../dashboard/grafana/grafana-files.js';
import { temporaryFolder } from '../support/nats/nats.js';
import { needsPrometheus } from '../support/prometheus/prometheus.js';

interface Service {
  volumes?: string[];
  networks: string[];
  environment?: Record<string, string>;
  secrets?: { source: string; target: string }[];
  command?: string[];
}

interface Compose {
  services: Record<string, Service>;
  secrets: Record<string, { environment: string }>;
  volumes: Record<string, null>;
  networks: Record<string, null>;
}

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '..', '..', '..');
const DEPLOY = join(ROOT, 'deploy');
const PROMTOOL = join(ROOT, '.cache', 'promtool', 'promtool');

const compose = parse(await readFile(join(DEPLOY, 'compose.yaml'), 'utf8'), { merge: true }) as Compose;

t.test('compose.yaml mounts files that exist and volumes and networks that it declares', async (t) => {
  for (const [name, { volumes = [], networks }] of Object.entries(compose.services)) {
    t.ok(
      networks.every((network) => network in compose.networks),
      name,
    );
    for (const volume of volumes) {
      const [source] = volume.split(':') as [string];
      if (source.startsWith('.')) t.ok(await stat(resolve(DEPLOY, source)), `${name}: ${source}`);
      else t.ok(source in compose.volumes, `${name}: ${source}`);
    }
  }
});

t.test(
  'Prometheus of compose.yaml scrapes all that the rules and dashboards show, with a token that it is given',
  async (t) => {
    interface Prometheus {
      scrape_configs: { job_name: string; metrics_path?: string; static_configs: { targets: string[] }[] }[];
    }
    const jobsIn = async (path: string) =>
      (parse(await readFile(join(ROOT, path), 'utf8')) as Prometheus).scrape_configs;
    const jobs = await jobsIn('deploy/prometheus.yml');
    const named = (list: Prometheus['scrape_configs']): string[] => list.map((job) => job.job_name).sort();
    t.strictSame(named(jobs), named(await jobsIn('dashboard/prometheus/prometheus.yml')));
    for (const target of jobs.flatMap((job) => job.static_configs.flatMap(({ targets }) => targets))) {
      const { networks } = compose.services[new URL(`http://${target}`).hostname]!;
      t.ok(networks.includes('watch'), `${target} is reached`);
    }
    const [{ source, target } = { source: '', target: '' }] = compose.services.prometheus!.secrets ?? [];
    t.ok(source in compose.secrets, `${source} is declared`);
    t.equal(target, '/etc/prometheus/sluice-grants.token', 'beside the configuration, which names it');
  },
);

t.test('Grafana of compose.yaml asks Prometheus there, as that of the dashboards does', async (t) => {
  t.equal(await readFile(join(DEPLOY, 'datasource.yml'), 'utf8'), dataSourceFile('http://prometheus:9090'));
});

t.test('the broker takes the settings and variables of compose.yaml', async (t) => {
  const { environment = {} } = compose.services.bus!;
  const known = new Set([...Object.keys(ENVIRONMENT_VARIABLES), 'SLUICE_CONFIG']);
  t.same(
    Object.keys(environment).filter((variable) => !known.has(variable)),
    [],
  );
  const filled = Object.fromEntries(
    Object.entries(environment).map(([name, text]) => [name, text.replaceAll(/\$\{[^}]*\}/g, 'a'.repeat(40))]),
  );
  const config = parseConfig(filled, await readFile(join(DEPLOY, 'sluice.yaml'), 'utf8'));
  const nats = { url: /nats-1:4222,.*nats-3:4222/, user: 'bus', pass: String, systemUser: 'sys', systemPass: String };
  t.match(config, { replicas: 3, nats });
});

t.test('nats-server takes the configuration of the three servers', async (t) => {
  const { path } = await findNatsServer();
  const env = { ...process.env, BUS_PASSWORD: 'a', SYS_PASSWORD: 'b' };
  const { stderr } = await run(path, ['-t', '-c', join(DEPLOY, 'nats.conf')], { env });
  t.match(stderr, /is valid/);
});

t.test('Prometheus takes its configuration with the rules', needsPrometheus, async (t) => {
  const folder = await temporaryFolder(t);
  await copyFile(join(DEPLOY, 'prometheus.yml'), join(folder, 'prometheus.yml'));
  await copyFile(join(ROOT, 'dashboard', 'prometheus', 'rules.yml'), join(folder, 'rules.yml'));
  await writeFile(join(folder, 'sluice-grants.token'), 'a token');
  const { stdout } = await run(PROMTOOL, ['check', 'config', join(folder, 'prometheus.yml')]);
  t.match(stdout, /SUCCESS/);
});

t.test(
  'systemd takes the units',
  { skip: spawnSync('systemd-analyze', ['--version']).status === 0 ? false : 'there is no systemd-analyze' },
  async (t) => {
    const folder = t.testdir();
    for (const unit of ['sluice.service', 'sluice-canary.service']) {
      // It looks for the programs that a unit starts: here the project is where it is.
      const here = (await readFile(join(DEPLOY, unit), 'utf8')).replaceAll('/opt/sluice', ROOT);
      await writeFile(join(folder, unit), here);
      const { stderr } = await run('systemd-analyze', ['verify', join(folder, unit)]);
      t.equal(stderr.trim(), '', unit);
      // 0 is nothing exposed, 10 everything; 6.9 was what a unit without filters of calls and capabilities had.
      const { stdout } = await run('systemd-analyze', ['security', '--offline=true', '--no-pager', join(folder, unit)]);
      t.ok(Number(/exposure level for \S+ ([\d.]+)/.exec(stdout)?.[1]) < 2, `${unit} is exposed: ${stdout.slice(-60)}`);
    }
  },
);

t.test('the Dockerfile copies what exists', async (t) => {
  const text = await readFile(join(ROOT, 'Dockerfile'), 'utf8');
  for (const [, sources = ''] of text.matchAll(/^COPY (?!--from)(.*) \S+$/gm))
    for (const source of sources.split(' ')) t.ok(await stat(join(ROOT, source)), source);
});

t.test('the unit files and the image set the environment with which the scripts start every process', async (t) => {
  const text = await readFile(join(ROOT, 'scripts', 'process-environment.mjs'), 'utf8');
  const settings = [...text.matchAll(/([A-Z_]+): '([^']+)'/g)].map(([, name, value]) => `${name}=${value}`);
  t.ok(settings.length > 0);
  for (const path of ['deploy/sluice.service', 'deploy/sluice-canary.service', 'Dockerfile']) {
    const set = await readFile(join(ROOT, path), 'utf8');
    for (const setting of settings) t.ok(set.includes(`${setting}`), `${path}: ${setting}`);
  }
});
