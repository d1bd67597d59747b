import { runChild } from '../child.mjs';
import { root } from '../project.mjs';
import { isInstalled, removeInstallStamp, stampInstalled } from './install-stamp.mjs';

const INSTALL_DEADLINE_MS = 600_000;

/** Runs `npm ci` unless a stamp proves that it has finished for this package-lock.json; returns what was done, if anything. */
export async function ensureDependencies({ onChild } = {}) {
  if (await isInstalled()) return undefined;
  console.log('setup: installing the packages of package-lock.json with npm ci, which takes about a minute');
  await removeInstallStamp();
  const npm = process.env.npm_execpath;
  // The development packages are needed to build, whatever NODE_ENV says.
  const args = ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  const [program, all] = npm?.endsWith('.js') ? [process.execPath, [npm, ...args]] : ['npm', args];
  const options = { cwd: root, deadlineMs: INSTALL_DEADLINE_MS, show: true, onStart: onChild };
  const { code } = await runChild(program, all, options);
  if (code !== 0) throw new Error('npm ci failed, see above');
  await stampInstalled();
  return 'installed the packages of package-lock.json';
}
