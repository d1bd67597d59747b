import type { Command } from 'commander';
import { ProcedureClient } from '../../../client/procedure/procedure-client.js';
import type { ProcedureMachine } from '../../../proto/http/procedure-files.js';
import { apiOf, type ConnectionOptions, withConnection } from '../../connection-options.js';
import { UsageError } from '../../exit-codes.js';
import { table } from '../../table.js';
import type { Terminal } from '../../terminal.js';

type Options = ConnectionOptions & { mermaid?: boolean };

export function addProcedures(program: Command, terminal: Terminal): void {
  withConnection(program.command('procedures [kind]'))
    .summary('show the acts of the lawful procedure: from, act, to, who')
    .option('--mermaid', 'as state diagrams for Mermaid')
    .addHelpText('after', '\nExamples:\n  $ sluice procedures applications\n  $ sluice procedures grants --mermaid')
    .action((kind: string | undefined, options: Options) => procedures(kind, options, terminal));
}

async function procedures(kind: string | undefined, options: Options, terminal: Terminal): Promise<void> {
  const all = await new ProcedureClient(apiOf(options)).procedures();
  const machines = all.filter((one) => kind === undefined || one.kind === kind);
  if (machines.length === 0)
    throw new UsageError(`the bus has no procedure of that kind; it has ${all.map((one) => one.kind).join(', ')}`);
  if (options.json) return terminal.out(JSON.stringify(machines));
  for (const machine of machines) {
    const note = machine.available ? '' : ' (not run by this version)';
    await terminal.out(options.mermaid ? `%% ${machine.kind}${note}` : `${machine.kind}${note}`);
    for (const line of options.mermaid ? mermaidLines(machine) : tableLines(machine)) await terminal.out(line);
    await terminal.out('');
  }
}

const tableLines = ({ transitions }: ProcedureMachine): string[] =>
  table(
    ['NR', 'FROM', 'ACT', 'TO', 'WHO', 'NEEDS', 'CLOCKS', 'ARTICLE'],
    transitions.map(({ number, from, act, to, who, guard, clocks, article }) => [
      number,
      from.join(', '),
      act,
      to,
      who.join(', '),
      guard.join('; '),
      clocks.join(' '),
      article ?? '',
    ]),
  );

/** The state before the first act, as the bus writes it. */
const NONE = '–';

function mermaidLines({ transitions }: ProcedureMachine): string[] {
  const arrows = transitions.flatMap(({ from, act, to, number }) =>
    from.map((state) => {
      const begin = state === NONE ? '[*]' : state;
      return `  ${begin} --> ${to === 'self' ? begin : to}: ${number} ${act}`;
    }),
  );
  return ['stateDiagram-v2', ...new Set(arrows)];
}
