import type { Command } from 'commander';
import { ApiError } from '../../../client/errors.js';
import { SluiceError } from '../../../proto/errors.js';
import { type ConnectionOptions, withConnection } from '../../connection-options.js';
import { CommandEnded, EXIT, UsageError } from '../../exit-codes.js';
import { table } from '../../table.js';
import type { Terminal } from '../../terminal.js';
import { readEventPage } from './event-page.js';

export function addShow(program: Command, terminal: Terminal): void {
  withConnection(program.command('show <grant> <position>'))
    .summary('print one event as a grant delivers it')
    .description(
      'Print one event as a grant delivers it now. It counts as delivered: a receipt is stored. No cursor moves. Ends with ' +
        'exit code 1 when the grant does not deliver an event at this position.',
    )
    .addHelpText('after', '\nExample:\n  $ sluice show g-tax-licences 1204')
    .action((grant: string, position: string, options: ConnectionOptions) => show(grant, position, options, terminal));
}

/** The bus was asked for what comes after the position before, and its message would name that one. */
function namePosition(error: unknown, position: number): unknown {
  if (!(error instanceof ApiError) || error.problem.code !== 'POSITION_GONE') return error;
  const { earliest } = error.problem;
  const isPast = earliest !== undefined && position <= earliest;
  const what = isPast ? `has no position ${position} any more` : `does not have position ${position} yet`;
  return new SluiceError('POSITION_GONE', `the log ${what}`);
}

async function show(grant: string, text: string, options: ConnectionOptions, terminal: Terminal): Promise<void> {
  const position = Number(text);
  if (!/^\d{1,15}$/.test(text) || position < 1)
    throw new UsageError(`position must be a whole number above 0, not ${text}`);
  const page = await readEventPage(grant, { from: { after: position - 1 }, cursor: 'show', limit: 1 }, options).catch(
    (error: unknown) => Promise.reject(namePosition(error, position)),
  );
  const event = page.events.find((one) => one.position === position);
  if (!event) {
    terminal.err(`sluice: grant ${grant} delivers no event at position ${position}`);
    throw new CommandEnded(EXIT.REFUSED);
  }
  if (options.json) return terminal.out(JSON.stringify({ ...event, log: page.log }));
  const { data = {}, ...envelope } = event;
  const rows = Object.entries({ ...envelope, log: page.log }).map(([name, value]) => [name, String(value)]);
  const items = Object.entries(data).map(([name, value]) => [
    `  ${name}`,
    typeof value === 'string' ? value : JSON.stringify(value),
  ]);
  for (const line of table(['FIELD', 'VALUE'], [...rows, ['data', ''], ...items])) await terminal.out(line);
}
