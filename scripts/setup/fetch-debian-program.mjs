import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { mustRun } from '../child.mjs';
import { inProject } from '../project.mjs';
import { mainArchive, readAptSources } from './apt-sources.mjs';

const UPDATE_DEADLINE_MS = 120_000;
const DOWNLOAD_DEADLINE_MS = 120_000;
const LOCAL_DEADLINE_MS = 30_000;
/** Suites, newest first; the machine's own suite is tried after them. Ubuntu has the server in `universe`. */
const DISTRIBUTIONS = {
  debian: { suites: ['sid', 'testing', 'stable'], components: 'main' },
  ubuntu: { suites: ['devel'], components: 'main universe' },
};
/** Package lists read so far, by suite: reading one takes longer than fetching a program. */
const read = new Map();

/**
 * A program that the project runs and does not build.
 * @typedef {{ package: string, binaries: string[], minimum: string }} DebianProgram `binaries`: paths inside the package of what is kept
 */

/**
 * Downloads the newest package that the machine's own mirror serves and unpacks its binaries into the project's cache,
 * `.cache/<package>/`. Nothing outside the project is written and no root is needed: apt works in folders of its own.
 * @param {DebianProgram} program
 * @param {(version: string, minimum: string) => boolean} isAtLeast
 * @returns paths of the binaries, version and suite; undefined when this is not a machine with apt
 */
export async function fetchDebianProgram(program, isAtLeast) {
  const distribution = await thisDistribution();
  if (!distribution) return undefined;
  const archive = mainArchive(await readAptSources(), distribution);
  if (!archive) return undefined;
  const { suites, components } = DISTRIBUTIONS[distribution.name];
  const tried = [];
  for (const suite of new Set([...suites, ...archive.suites])) {
    if (!read.has(suite)) read.set(suite, readPackages({ ...archive, suite, components }));
    const version = await offeredVersion(read.get(suite), program.package).catch(
      (error) => error.message.split('\n')[0],
    );
    tried.push(`${suite}: ${version ?? 'no such package'}`);
    if (version && isAtLeast(version, program.minimum)) {
      return { paths: await unpack(await read.get(suite), program), version, suite };
    }
  }
  const wanted = `${program.package} ${program.minimum}`;
  throw new Error(`the package mirror of this machine has no ${wanted} or newer (${tried.join('; ')})`);
}

/** To be called when no further program is wanted. */
export async function removePackageLists() {
  read.clear();
  await rm(aptFolder(), { recursive: true, force: true });
}

async function thisDistribution() {
  const text = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const ids = [...text.matchAll(/^ID(?:_LIKE)?="?([^"\n]*)"?$/gm)].flatMap(([, value]) => value.split(/\s+/));
  // The most general name comes last; Ubuntu names Debian as well, but its archive has other suites.
  const name = ids.includes('ubuntu') ? 'ubuntu' : ids.includes('debian') ? 'debian' : undefined;
  const codename = /^(?:UBUNTU|VERSION|DEBIAN)_CODENAME="?(\w+)"?$/m.exec(text)?.[1];
  return name && { name, codename };
}

async function readPackages(source) {
  const apt = await prepareApt(join(aptFolder(), source.suite), source);
  await mustRun('apt-get', ['-q', 'update'], { cwd: apt.folder, env: apt.env, deadlineMs: UPDATE_DEADLINE_MS });
  return apt;
}

const aptFolder = () => inProject('.cache', `apt-${process.pid}`);

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

async function offeredVersion(reading, name) {
  const { folder, env } = await reading;
  const shown = await mustRun('apt-cache', ['madison', name], { cwd: folder, env, deadlineMs: LOCAL_DEADLINE_MS });
  return /\|\s*(?:\d+:)?(\d+\.\d+\.\d+)/.exec(shown)?.[1];
}

async function unpack({ folder, env }, program) {
  const own = join(folder, program.package);
  await mkdir(own);
  const options = { cwd: own, env };
  await mustRun('apt-get', ['-q', 'download', program.package], { ...options, deadlineMs: DOWNLOAD_DEADLINE_MS });
  const unpackAll = 'dpkg-deb -x ./*.deb ./unpacked';
  await mustRun('sh', ['-c', unpackAll], { ...options, deadlineMs: LOCAL_DEADLINE_MS });
  await mkdir(inProject('.cache', program.package), { recursive: true });
  const paths = [];
  for (const path of program.binaries) {
    const binary = join(own, 'unpacked', path);
    const target = inProject('.cache', program.package, basename(path));
    if (path.includes('bin/')) await chmod(binary, 0o755);
    // A rename is atomic: no other process ever finds an incomplete program there.
    await rename(binary, target);
    paths.push(target);
  }
  return paths;
}
