import { readFile } from 'node:fs/promises';
import { runChild } from './child.mjs';
import { inProject, root } from './project.mjs';

const INSTALL_DEADLINE_MS = 600_000;

/** Runs `npm ci` unless node_modules holds what package-lock.json says; returns what was done, if anything. */
export async function ensureDependencies() {
  if (await isInstalled()) return undefined;
  const npm = process.env.npm_execpath;
  // The development packages are needed to build, whatever NODE_ENV says.
  const args = ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  const [program, all] = npm?.endsWith('.js') ? [process.execPath, [npm, ...args]] : ['npm', args];
  const { code } = await runChild(program, all, { cwd: root, deadlineMs: INSTALL_DEADLINE_MS, show: true });
  if (code !== 0) throw new Error('npm ci failed, see above');
  return 'installed the packages of package-lock.json';
}

/** Compares contents, since times say little after a checkout. npm writes its own lock file last, so half is not done. */
async function isInstalled() {
  try {
    const [wanted, present] = await Promise.all([
      readPackages('package-lock.json'),
      readPackages('node_modules/.package-lock.json'),
    ]);
    return Object.entries(wanted).every(([path, { version, optional, devOptional, link }]) => {
      return path === '' || optional || devOptional || link || present[path]?.version === version;
    });
  } catch {
    return false;
  }
}

async function readPackages(path) {
  return JSON.parse(await readFile(inProject(path), 'utf8')).packages;
}
