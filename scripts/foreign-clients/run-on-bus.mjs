import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { mustRun, runChild } from '../child.mjs';
import { inProject } from '../project.mjs';

const PROGRAMS = inProject('scripts', 'foreign-clients', 'programs');
const PROGRAM_WITHIN_MS = 120_000;

/** The variables from which a program in another language learns where the bus is and what it reads or publishes. */
const environmentOf = (bus, token) => ({
  ...process.env,
  PYTHONDONTWRITEBYTECODE: '1',
  SLUICE_URL: bus.url,
  SLUICE_TOKEN: token,
  SLUICE_PUBLISHER_TOKEN: bus.tokens.publisher,
  SLUICE_GRANT: bus.grant,
  SLUICE_ENTRY: bus.entry,
  SLUICE_EVENT_COUNT: String(bus.eventCount),
});

/** Runs one of the programs of `programs/` with the token; it says on its error output what is wrong. */
export const runOnBus = (program, args, bus, token, variables = {}) =>
  mustRun(program, args, {
    cwd: PROGRAMS,
    env: { ...environmentOf(bus, token), ...variables },
    deadlineMs: PROGRAM_WITHIN_MS,
  }).then(() => undefined);

/**
 * Compiles a package of `programs/go` in the folder; resolves with the path of the program, or undefined when Go cannot fetch
 * the modules that it needs.
 */
export async function buildGo(go, packageName, folder) {
  const source = join(folder, 'go');
  await cp(join(PROGRAMS, 'go'), source, { recursive: true });
  const options = { cwd: source, deadlineMs: PROGRAM_WITHIN_MS };
  const fetched = await runChild(go, ['mod', 'download'], options);
  if (fetched.code !== 0) return undefined;
  const binary = join(folder, packageName);
  await mustRun(go, ['build', '-o', binary, `./${packageName}`], options);
  return binary;
}

export const GO_SKIPPED = { skipped: 'go cannot fetch the modules of programs/go; give it a module proxy' };
