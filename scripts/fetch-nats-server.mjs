import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mainArchive, readAptSources } from './apt-sources.mjs';
import { mustRun } from './child.mjs';
import { inProject } from './project.mjs';

const UPDATE_DEADLINE_MS = 120_000;
const DOWNLOAD_DEADLINE_MS = 120_000;
const LOCAL_DEADLINE_MS = 30_000;
/** Suites, newest first; the machine's own suite is tried after them. Ubuntu has the server in `universe`. */
const DISTRIBUTIONS = {
  debian: { suites: ['sid', 'testing', 'stable'], components: 'main' },
  ubuntu: { suites: ['devel'], components: 'main universe' },
};

/**
 * Downloads the newest nats-server package that the machine's own mirror serves and unpacks it into the project's
 * cache. Nothing outside the project is written and no root is needed: apt works in folders of its own.
 * @returns the binary's path, version and suite, or undefined when this is not a machine with apt
 */
export async function fetchNatsServer(minimum, isAtLeast) {
  const distribution = await thisDistribution();
  if (!distribution) return undefined;
  const archive = mainArchive(await readAptSources(), distribution);
  if (!archive) return undefined;
  const { suites, components } = DISTRIBUTIONS[distribution.name];
  const work = inProject('.cache', `apt-${process.pid}`);
  const tried = [];
  try {
    for (const suite of new Set([...suites, ...archive.suites])) {
      const apt = await prepareApt(join(work, suite), { ...archive, suite, components });
      const version = await offeredVersion(apt).catch((error) => error.message.split('\n')[0]);
      tried.push(`${suite}: ${version ?? 'no such package'}`);
      if (version && isAtLeast(version, minimum)) return { path: await unpack(apt), version, suite };
    }
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  throw new Error(`the package mirror of this machine has no nats-server ${minimum} or newer (${tried.join('; ')})`);
}

async function thisDistribution() {
  const text = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const ids = [...text.matchAll(/^ID(?:_LIKE)?="?([^"\n]*)"?$/gm)].flatMap(([, value]) => value.split(/\s+/));
  // The most general name comes last; Ubuntu names Debian as well, but its archive has other suites.
  const name = ids.includes('ubuntu') ? 'ubuntu' : ids.includes('debian') ? 'debian' : undefined;
  const codename = /^(?:UBUNTU|VERSION|DEBIAN)_CODENAME="?(\w+)"?$/m.exec(text)?.[1];
  return name && { name, codename };
}

async function prepareApt(folder, source) {
  for (const part of ['state/lists/partial', 'cache/archives/partial', 'log']) {
    await mkdir(join(folder, part), { recursive: true });
  }
  await writeFile(join(folder, 'status'), '');
  // A key that is part of the entry itself begins on the next line.
  const gap = source.signedBy?.includes('\n') ? '\n ' : ' ';
  const signedBy = source.signedBy ? `Signed-By:${gap}${source.signedBy}\n` : '';
  const entry = `Types: deb\nURIs: ${source.uri}\nSuites: ${source.suite}\nComponents: ${source.components}\n${signedBy}`;
  await writeFile(join(folder, 'archive.sources'), entry);
  // Readable by the owner only, since it may hold the password of a proxy.
  await writeFile(join(folder, 'apt.conf'), await aptConfig(folder), { mode: 0o600 });
  return { folder, env: { ...process.env, LC_ALL: 'C', APT_CONFIG: join(folder, 'apt.conf') } };
}

/**
 * Keeps how the machine fetches (proxies, certificates). The rest of its settings is left out, because they hold
 * commands that apt runs after an update, and those change the machine.
 */
async function aptConfig(folder) {
  const dump = await mustRun('apt-config', ['dump'], { deadlineMs: LOCAL_DEADLINE_MS });
  const kept = dump
    .split('\n')
    .filter((line) => /^Acquire::/.test(line) && !/^Acquire::(IndexTargets|Languages)/.test(line));
  return `${kept.join('\n')}
Acquire::Languages "none";
Acquire::Retries "1";
APT::Update::Error-Mode "any";
APT::Sandbox::User "";
Dir::Etc::main "/dev/null";
Dir::Etc::parts "/dev/null";
Dir::Etc::sourcelist "${folder}/archive.sources";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::State "${folder}/state";
Dir::State::lists "${folder}/state/lists";
Dir::State::status "${folder}/status";
Dir::Cache "${folder}/cache";
Dir::Log "${folder}/log";
`;
}

async function offeredVersion({ folder, env }) {
  const options = { cwd: folder, env };
  await mustRun('apt-get', ['-q', 'update'], { ...options, deadlineMs: UPDATE_DEADLINE_MS });
  const shown = await mustRun('apt-cache', ['madison', 'nats-server'], { ...options, deadlineMs: LOCAL_DEADLINE_MS });
  return /\|\s*(?:\d+:)?(\d+\.\d+\.\d+)/.exec(shown)?.[1];
}

async function unpack({ folder, env }) {
  const options = { cwd: folder, env };
  await mustRun('apt-get', ['-q', 'download', 'nats-server'], { ...options, deadlineMs: DOWNLOAD_DEADLINE_MS });
  const unpackAll = 'dpkg-deb -x ./*.deb ./unpacked';
  await mustRun('sh', ['-c', unpackAll], { ...options, deadlineMs: LOCAL_DEADLINE_MS });
  const target = inProject('.cache', 'nats-server', 'nats-server');
  await mkdir(inProject('.cache', 'nats-server'), { recursive: true });
  const binary = join(folder, 'unpacked', 'usr', 'sbin', 'nats-server');
  await chmod(binary, 0o755);
  // A rename is atomic: no other process ever finds an incomplete server there.
  await rename(binary, target);
  return target;
}
