import { Command, Help, type Option } from 'commander';
import { VERSION } from '../broker/version.js';
import { addBenefits } from './commands/benefits/benefits.js';
import { addApply } from './commands/bundles/apply.js';
import { addDemo } from './commands/bus/demo.js';
import { addDoctor } from './commands/bus/doctor.js';
import { addStart } from './commands/bus/start.js';
import { addStatus } from './commands/bus/status.js';
import { addWhoami } from './commands/bus/whoami.js';
import { addCanary } from './commands/canary/canary.js';
import { addCatalog } from './commands/catalog/catalog.js';
import { addCompletion } from './commands/completion/completion.js';
import { addConnect } from './commands/connectors/connect.js';
import { addCursors } from './commands/cursors/cursors.js';
import { addDeadLetters } from './commands/dead-letters/dead-letters.js';
import { addDiagnose } from './commands/diagnose/diagnose.js';
import { addPublish } from './commands/events/publish.js';
import { addShow } from './commands/events/show.js';
import { addSubscribe } from './commands/events/subscribe.js';
import { addGrants } from './commands/grants/grants.js';
import { addLag } from './commands/grants/lag.js';
import { addRequest } from './commands/grants/request.js';
import { addLedger } from './commands/ledger/ledger.js';
import { addLog } from './commands/log/log.js';
import { addAct } from './commands/procedure/act.js';
import { addActEntries } from './commands/procedure/act-entries.js';
import { addAttachments } from './commands/procedure/attachments.js';
import { addClock } from './commands/procedure/clock.js';
import { addFiles } from './commands/procedure/files.js';
import { addNotices } from './commands/procedure/notices.js';
import { addPeople } from './commands/procedure/people.js';
import { addProcedures } from './commands/procedure/procedures.js';
import { addWorklist } from './commands/procedure/worklist.js';
import { addQuarantine } from './commands/quarantine/quarantine.js';
import { addRules } from './commands/rules/rules.js';
import { addStore } from './commands/store/copy.js';
import { addSystems } from './commands/systems/systems.js';
import { addTop } from './commands/top/top.js';
import type { Terminal } from './terminal.js';

const HELP = `
Environment:
  SLUICE_URL, SLUICE_TOKEN       bus and credential of all commands that talk to one
  SLUICE_PORT, SLUICE_DATA       of "start" and "demo"
  SLUICE_LOG, SLUICE_CANARY_LOG  files that "log" reads

Exit codes:
  0  done
  1  the bus refused the request, or a check failed
  2  the command line, a variable or a file is wrong
  3  the bus cannot be reached or is not ready; the same command may work later
  130  a second Ctrl-C ended the command by force

Example:
  $ sluice demo`;

/** Marks options without which a command does not run; commander describes defaults and variables itself. */
function optionDescription(option: Option): string {
  const description = Help.prototype.optionDescription.call(new Help(), option);
  return option.mandatory ? `${description} (required)` : description;
}

/** A command whose line in the list says it all has no longer description: its own help then shows that line. */
const commandDescription = (command: Command): string =>
  command.description() || command.summary().replace(/^./, (first) => first.toUpperCase());

/** Builds all commands. Every failure is thrown; commander has printed those that it noticed itself. */
export function createProgram(terminal: Terminal): Command {
  const program = new Command('sluice')
    .description('Real-time exchange bus for government data.')
    .version(VERSION)
    .exitOverride()
    .configureHelp({ optionDescription, commandDescription })
    .configureOutput({
      writeOut: (text) => void terminal.out(text.trimEnd()),
      writeErr: (text) => terminal.err(text.trimEnd()),
    })
    .showHelpAfterError('(--help says more)')
    .addHelpText('after', HELP);
  addDemo(program, terminal);
  addStart(program);
  addStatus(program, terminal);
  addTop(program, terminal);
  addDoctor(program, terminal);
  addDiagnose(program, terminal);
  addLog(program, terminal);
  addRules(program, terminal);
  addStore(program, terminal);
  addWhoami(program, terminal);
  addApply(program, terminal);
  addSystems(program, terminal);
  addCatalog(program, terminal);
  addRequest(program, terminal);
  addFiles(program, terminal);
  addAct(program, terminal);
  addActEntries(program, terminal);
  addProcedures(program, terminal);
  addWorklist(program, terminal);
  addNotices(program, terminal);
  addAttachments(program, terminal);
  addPeople(program, terminal);
  addClock(program, terminal);
  addGrants(program, terminal);
  addLag(program, terminal);
  addCursors(program, terminal);
  addDeadLetters(program, terminal);
  addPublish(program, terminal);
  addQuarantine(program, terminal);
  addSubscribe(program, terminal);
  addShow(program, terminal);
  addConnect(program, terminal);
  addBenefits(program, terminal);
  addCanary(program, terminal);
  addLedger(program, terminal);
  addCompletion(program, terminal);
  return program;
}
