import type { Command } from 'commander';
import { ProcedureClient } from '../../../client/procedure/procedure-client.js';
import { apiOf, type ConnectionOptions, withConnection } from '../../connection-options.js';
import { table } from '../../table.js';
import type { Terminal } from '../../terminal.js';

type Options = ConnectionOptions & { late?: boolean };

export function addWorklist(program: Command, terminal: Terminal): void {
  withConnection(program.command('worklist'))
    .summary('show what waits for the caller, the most urgent first')
    .description('Show the files with an act for the caller now. DAYS are working days to the due date of the clock.')
    .option('--late', 'only what is late')
    .addHelpText('after', '\nExample:\n  $ sluice worklist --late')
    .action((options: Options) => worklist(options, terminal));
}

async function worklist(options: Options, terminal: Terminal): Promise<void> {
  const { items, more } = await new ProcedureClient(apiOf(options)).worklist({ ...(options.late && { late: true }) });
  if (options.json) return terminal.out(JSON.stringify(items));
  const rows = items.map(({ file, act, daysLeft, clock }) => [
    daysLeft === null ? '-' : `${daysLeft}`,
    clock ?? '-',
    actsOf(act, file),
    file.file.kind,
    file.id,
    file.state,
  ]);
  if (rows.length === 0) terminal.err('nothing waits for this caller');
  else for (const line of table(['DAYS', 'CLOCK', 'ACTS', 'KIND', 'ID', 'STATE'], rows)) await terminal.out(line);
  if (more) terminal.err('there is more that is less urgent');
}

/** Everything that the caller may do about the file now, first what it waits for. */
function actsOf(act: string | null, { next }: { next: readonly { act: string }[] }): string {
  const acts = new Set([...(act === null ? [] : [act]), ...next.map((one) => one.act)]);
  return acts.size === 0 ? '-' : [...acts].join(', ');
}
