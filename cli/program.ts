import { Command } from 'commander';
import { VERSION } from '../broker/version.js';
import { addBenefits } from './commands/benefits/benefits.js';
import { addApply } from './commands/bundles/apply.js';
import { addDemo } from './commands/bus/demo.js';
import { addStart } from './commands/bus/start.js';
import { addStatus } from './commands/bus/status.js';
import { addCatalog } from './commands/catalog/catalog.js';
import { addConnect } from './commands/connectors/connect.js';
import { addPublish } from './commands/events/publish.js';
import { addSubscribe } from './commands/events/subscribe.js';
import { addGrants } from './commands/grants/grants.js';
import { addRequest } from './commands/grants/request.js';
import { addLedger } from './commands/ledger/ledger.js';
import type { Terminal } from './terminal.js';

const HELP = `
Environment:
  SLUICE_URL, SLUICE_TOKEN     bus and credential of all commands that talk to one
  SLUICE_PORT, SLUICE_DATA     of "start" and "demo"

Exit codes:
  0  done
  1  the bus refused the request, or a check failed
  2  the command line or a file is wrong
  3  the bus cannot be reached or is not ready; the same command may work later

Example:
  $ sluice demo`;

/** Builds all commands. Every failure is thrown; commander has printed those that it noticed itself. */
export function createProgram(terminal: Terminal): Command {
  const program = new Command('sluice')
    .description('Real-time exchange bus for government data.')
    .version(VERSION)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void terminal.out(text.trimEnd()),
      writeErr: (text) => terminal.err(text.trimEnd()),
    })
    .showHelpAfterError('(--help says more)')
    .addHelpText('after', HELP);
  addDemo(program, terminal);
  addStart(program);
  addApply(program, terminal);
  addCatalog(program, terminal);
  addRequest(program, terminal);
  addGrants(program, terminal);
  addPublish(program, terminal);
  addSubscribe(program, terminal);
  addConnect(program, terminal);
  addBenefits(program, terminal);
  addLedger(program, terminal);
  addStatus(program, terminal);
  return program;
}
