import { readFile, writeFile } from 'node:fs/promises';
import { mustRun } from '../child.mjs';
import { inProject, root } from '../project.mjs';

/** Stored in node_modules, so that it is removed together with the build that it describes. */
const STAMP = inProject('node_modules', '.tap-built-for');
const BUILD_DEADLINE_MS = 120_000;

/** Builds tap with the plugins that .taprc names: as installed it loads one that needs an older TypeScript. */
export async function ensureTestRunner() {
  const wanted = await readFile(inProject('.taprc'), 'utf8');
  if ((await readFile(STAMP, 'utf8').catch(() => '')) === wanted) return undefined;
  await mustRun(process.execPath, [tapProgram(), 'build'], { cwd: root, deadlineMs: BUILD_DEADLINE_MS });
  await writeFile(STAMP, wanted);
  return 'built the test runner with the plugins of .taprc';
}

export const tapProgram = () => inProject('node_modules', '.bin', 'tap');
