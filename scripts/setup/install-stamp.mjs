import { createHash } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { inProject } from '../project.mjs';

/** In node_modules, so that `npm ci`, which begins by emptying it, removes the proof first. */
const STAMP = inProject('node_modules', '.sluice-installed');

/**
 * Proof that an install of exactly these packages has finished. npm's own lock file inside node_modules is none: an install
 * that was interrupted, or that ran beside another one, can leave it complete over packages that are not.
 */
export async function isInstalled() {
  const [stamp, wanted] = await Promise.all([readFile(STAMP, 'utf8').catch(() => ''), fingerprint()]);
  return stamp === wanted;
}

export async function stampInstalled() {
  await writeFile(STAMP, await fingerprint());
}

export async function removeInstallStamp() {
  await rm(STAMP, { force: true });
}

/** Native packages are built for a platform; the Node that loads them is a package too, and ours ask for no version of it. */
async function fingerprint() {
  const lock = createHash('sha256')
    .update(await readFile(inProject('package-lock.json')))
    .digest('hex');
  return `${lock} ${process.platform} ${process.arch}\n`;
}

// As npm's `postinstall` it stamps an install that was started by hand.
if (import.meta.url === pathToFileURL(process.argv[1]).href) await stampInstalled();
