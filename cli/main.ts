import { endWithNpx } from './parent-watch.js';
import { runCli } from './run-cli.js';
import { StandardTerminal } from './terminal.js';

// A unit or a compose file passes variables on that nobody has given: an empty one counts as not set.
for (const [name, value] of Object.entries(process.env)) {
  if (value === '' && name.startsWith('SLUICE_')) delete process.env[name];
}
endWithNpx(process.env);
const exitCode = await runCli(process.argv.slice(2), new StandardTerminal());
// `start` sets `process.exitCode` itself; 0 must not overwrite it.
if (exitCode !== 0) process.exitCode = exitCode;
