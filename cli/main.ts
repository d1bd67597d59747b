import { endWithNpx } from './parent-watch.js';
import { runCli } from './run-cli.js';
import { StandardTerminal } from './terminal.js';

endWithNpx(process.env);
const exitCode = await runCli(process.argv.slice(2), new StandardTerminal());
// `start` has set its own.
if (exitCode !== 0) process.exitCode = exitCode;
