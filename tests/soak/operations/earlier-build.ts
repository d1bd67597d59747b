import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Test } from 'tap';
import { temporaryFolder } from '../../support/nats/nats.js';
import { Installation } from './installation.js';

const run = promisify(execFile);
const PROJECT = new Installation().folder;
/** The commit before operators had metrics by room, alerts and canaries. */
const EARLIER_COMMIT = process.env.SLUICE_SOAK_EARLIER ?? '5c7ebdf';
const BUILD_MS_MAX = 300_000;

/** The project as it was at `EARLIER_COMMIT`, built in a folder of its own; a string says why it cannot be had here. */
export async function earlierBuild(t: Test): Promise<Installation | string> {
  const folder = await temporaryFolder(t);
  const archive = join(folder, 'earlier.tar');
  try {
    await run('git', ['archive', '--output', archive, EARLIER_COMMIT], { cwd: PROJECT });
  } catch {
    return `git has no commit ${EARLIER_COMMIT} here`;
  }
  await run('tar', ['-xf', archive], { cwd: folder });
  const inFolder = { cwd: folder, timeout: BUILD_MS_MAX };
  try {
    await run('npm', ['ci', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'], inFolder);
  } catch {
    return `npm cannot install the packages of ${EARLIER_COMMIT}`;
  }
  await run(process.execPath, [join('node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.json'], inFolder);
  return new Installation(folder);
}
