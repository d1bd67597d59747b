import type { Command } from 'commander';
import { ProcedureClient } from '../../../client/procedure/procedure-client.js';
import { apiOf, type ConnectionOptions, withConnection } from '../../connection-options.js';
import { UsageError } from '../../exit-codes.js';
import type { Terminal } from '../../terminal.js';

type RedeemOptions = ConnectionOptions & { officer: string; name: string };
type AppointOptions = ConnectionOptions & { name: string; role: string[]; subject?: string; contract?: string };

/** Tokens and codes go to standard output alone, so that they can be piped into a secret store. */
export function addPeople(program: Command, terminal: Terminal): void {
  withConnection(program.command('enrol').argument('<party>', 'department that has no officer yet'))
    .summary('enrol a department; prints the code of its first administrator, once')
    .addHelpText('after', '\nExample:\n  $ sluice enrol fujian-health')
    .action(async (party: string, options: ConnectionOptions) => {
      const answer = await new ProcedureClient(apiOf(options)).make('enrolments', { party });
      await terminal.out(options.json ? JSON.stringify(answer) : String(answer.code));
    });
  withConnection(program.command('redeem'))
    .summary('become the first administrator of a department, by its code; prints the token, once')
    .requiredOption('--officer <id>', 'id of the administrator')
    .requiredOption('--name <name>', 'name of the administrator')
    .addHelpText(
      'after',
      '\nThe code stands in SLUICE_CODE, so that no list of processes shows it.\n' +
        '\nExample:\n  $ sluice redeem --officer du --name "Du Wei"',
    )
    .action((options: RedeemOptions) => redeem(options, terminal));
  withConnection(program.command('appoint').argument('<id>', 'id of the officer'))
    .summary("appoint an officer of the administrator's own department; prints the token, once")
    .requiredOption('--name <name>', 'name of the officer')
    .requiredOption('--role <roles...>', 'one role or several')
    .option('--subject <issuer|claim>', 'logs in by an identity provider, without a token')
    .option('--contract <id>', 'of a contractor')
    .addHelpText('after', '\nExample:\n  $ sluice appoint wu --name "Wu Min" --role applicant')
    .action((id: string, options: AppointOptions) => appoint(id, options, terminal));
}

async function redeem({ officer: id, name, ...options }: RedeemOptions, terminal: Terminal): Promise<void> {
  const code = process.env.SLUICE_CODE;
  if (code === undefined) throw new UsageError('SLUICE_CODE is missing: the code of the enrolment');
  const api = apiOf({ url: options.url });
  const { officer, token } = await new ProcedureClient(api).redeem(code, { id, name });
  if (options.json) return terminal.out(JSON.stringify({ officer, token }));
  terminal.err(`${officer.id} is ${officer.roles.join(', ')} of ${officer.party}`);
  await terminal.out(token);
}

async function appoint(id: string, options: AppointOptions, terminal: Terminal): Promise<void> {
  const { name, role: roles, subject, contract } = options;
  const body = { id, name, roles, ...(subject && { subject }), ...(contract && { contract }) };
  const answer = await new ProcedureClient(apiOf(options)).make('officers', body);
  if (options.json) return terminal.out(JSON.stringify(answer));
  terminal.err(`${id} is ${answer.state}: ${roles.join(', ')}`);
  if (typeof answer.token === 'string') await terminal.out(answer.token);
}
