import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { mustRun, runChild } from '../child.mjs';
import { inProject } from '../project.mjs';
import { findProgram } from './find-tool.mjs';

const PROGRAMS = inProject('scripts', 'foreign-clients', 'programs');
const PROGRAM_WITHIN_MS = 120_000;

/** The variables from which a program in another language learns where the bus is and what it reads or publishes. */
const environmentOf = (bus, token) => ({
  ...process.env,
  PYTHONDONTWRITEBYTECODE: '1',
  SLUICE_URL: bus.url,
  SLUICE_TOKEN: token,
  SLUICE_GRANT: bus.grant,
  SLUICE_ENTRY: bus.entry,
  SLUICE_EVENT_COUNT: String(bus.eventCount),
});

/** Runs one of the programs of `programs/` with the token; it says on its error output what is wrong. */
export const runOnBus = (program, args, bus, token) =>
  mustRun(program, args, { cwd: PROGRAMS, env: environmentOf(bus, token), deadlineMs: PROGRAM_WITHIN_MS }).then(
    () => undefined,
  );

export const goClient = {
  name: 'go coder/websocket',
  find: () => findProgram('go'),
  howToGet: 'install Go 1.21 or newer',
  run: async ({ program, bus, folder }) => {
    const source = join(folder, 'go');
    await cp(join(PROGRAMS, 'go'), source, { recursive: true });
    const options = { cwd: source, env: environmentOf(bus, bus.tokens.subscriber), deadlineMs: PROGRAM_WITHIN_MS };
    const fetched = await runChild(program, ['mod', 'download'], options);
    if (fetched.code !== 0) return { skipped: 'go cannot fetch github.com/coder/websocket; give it a module proxy' };
    const binary = join(folder, 'client');
    await mustRun(program, ['build', '-o', binary, '.'], options);
    await mustRun(binary, [], options);
  },
};
