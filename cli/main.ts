import { endWithNpx } from './parent-watch.js';
import { runCli } from './run-cli.js';
import { StandardTerminal } from './terminal.js';

endWithNpx(process.env);
const exitCode = await runCli(process.argv.slice(2), new StandardTerminal());
// `start` sets `process.exitCode` itself; 0 must not overwrite it.
if (exitCode !== 0) process.exitCode = exitCode;
