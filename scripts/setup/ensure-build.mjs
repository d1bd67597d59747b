import { readdirSync, readFileSync, statSync } from 'node:fs';
import { rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runChild } from '../child.mjs';
import { inProject, root } from '../project.mjs';

/** The folders that are compiled, as tsconfig.json lists them. */
const SOURCES = JSON.parse(readFileSync(inProject('tsconfig.json'), 'utf8')).include;
const SETTINGS = ['tsconfig.json', 'package-lock.json'];
const STAMP = inProject('dist', '.built');
const BUILD_DEADLINE_MS = 300_000;

/** Compiles unless dist is newer than every source; returns what was done, if anything. */
export async function ensureBuild() {
  const startedAt = new Date();
  if (newestSource() <= modifiedAt(STAMP)) return undefined;
  const removed = await removeOrphans();
  console.log('setup: compiling, which takes some seconds');
  const tsc = inProject('node_modules', 'typescript', 'bin', 'tsc');
  const options = { cwd: root, deadlineMs: BUILD_DEADLINE_MS, show: true };
  const { code } = await runChild(process.execPath, [tsc, '-p', 'tsconfig.json'], options);
  if (code !== 0) throw new Error('the build failed, see above');
  await writeFile(STAMP, '');
  // The time of the start is stamped: a source that was saved while the compiler ran is newer.
  await utimes(STAMP, startedAt, startedAt);
  return `built dist${removed > 0 ? ` and removed ${removed} files without a source` : ''}`;
}

function newestSource() {
  let newest = Math.max(...SETTINGS.map((name) => modifiedAt(inProject(name))));
  for (const path of walk(SOURCES)) newest = Math.max(newest, modifiedAt(path));
  return newest;
}

/** Folders are listed too: the time of a folder changes when it loses a file. */
function* walk(folders, base = root) {
  for (const folder of folders) {
    const path = join(base, folder);
    const entries = listFolder(path);
    if (!entries) continue;
    yield path;
    for (const entry of entries) {
      if (entry.isDirectory()) yield* walk([entry.name], path);
      else yield join(path, entry.name);
    }
  }
}

/** A compiled test whose source is gone would still run. */
async function removeOrphans() {
  let removed = 0;
  const dist = inProject('dist');
  for (const path of walk(SOURCES, dist)) {
    const match = /^(.*)\.js(\.map)?$/.exec(path.slice(dist.length + 1));
    if (!match || modifiedAt(inProject(`${match[1]}.ts`)) > 0) continue;
    await rm(path);
    removed++;
  }
  return removed;
}

function listFolder(path) {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch {
    return undefined;
  }
}

function modifiedAt(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
