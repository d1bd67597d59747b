import type { Command } from 'commander';
import type { DeliveredEvent } from '../../../proto/event/event.js';
import { apiOf, type ConnectionOptions, withConnection } from '../../connection-options.js';
import { table } from '../../table.js';
import type { Terminal } from '../../terminal.js';

/** The last page has fewer. */
const LETTERS_PER_PAGE = 1_000;

interface DeadLetter {
  /** The `after` of the next page. */
  sequence: number;
  position: number;
  cursor: string;
  reason: string;
  rejectedAt: string;
}

export function addDeadLetters(program: Command, terminal: Terminal): void {
  const letters = program
    .command('dead-letters')
    .summary('list, redrive or drop the events that a subscriber rejected');
  withConnection(letters.command('list <grant>'))
    .summary('list the dead letters of a grant')
    .addHelpText('after', '\nExample:\n  $ sluice dead-letters list g-tax-licences')
    .action((grant: string, options: ConnectionOptions) => list(grant, options, terminal));
  withConnection(letters.command('redrive <grant> <positions...>'))
    .summary('print dead letters as granted now, and take them off the list')
    .addHelpText('after', '\nExample:\n  $ sluice dead-letters redrive g-tax-licences 1204 1207 | my-import')
    .action((grant: string, positions: string[], options: ConnectionOptions) =>
      redrive(grant, positions, options, terminal),
    );
  withConnection(letters.command('drop <grant> <positions...>'))
    .summary('take dead letters off the list without delivering them')
    .addHelpText('after', '\nExample:\n  $ sluice dead-letters drop g-tax-licences 1204')
    .action((grant: string, positions: string[], options: ConnectionOptions) =>
      drop(grant, positions, options, terminal),
    );
}

const pathOf = (grant: string, position?: string): string =>
  `/v1/grants/${encodeURIComponent(grant)}/dead-letters${position === undefined ? '' : `/${encodeURIComponent(position)}`}`;

async function allLetters(grant: string, options: ConnectionOptions): Promise<DeadLetter[]> {
  const letters: DeadLetter[] = [];
  for (let after = 0; ; after = letters.at(-1)?.sequence ?? 0) {
    const page = await apiOf(options).json<DeadLetter[]>(pathOf(grant), { query: { after } });
    letters.push(...page);
    if (page.length < LETTERS_PER_PAGE) return letters;
  }
}

async function list(grant: string, options: ConnectionOptions, terminal: Terminal): Promise<void> {
  const letters = await allLetters(grant, options);
  if (options.json) return terminal.out(JSON.stringify(letters));
  if (letters.length === 0) return terminal.out(`grant ${grant} has no dead letters`);
  const rows = letters.map(({ position, cursor, reason, rejectedAt }) => [
    String(position),
    cursor,
    rejectedAt,
    reason,
  ]);
  for (const line of table(['POSITION', 'CURSOR', 'REJECTED', 'REASON'], rows)) await terminal.out(line);
}

/** One at a time: each is printed before the next one leaves the list, so that a failure loses none. */
async function redrive(
  grant: string,
  positions: string[],
  options: ConnectionOptions,
  terminal: Terminal,
): Promise<void> {
  for (const position of positions) {
    const path = `${pathOf(grant, position)}/redrive`;
    const event = await apiOf(options).json<DeliveredEvent>(path, { method: 'POST' });
    await terminal.out(JSON.stringify(event));
  }
}

async function drop(grant: string, positions: string[], options: ConnectionOptions, terminal: Terminal): Promise<void> {
  for (const position of positions) {
    await apiOf(options).json(pathOf(grant, position), { method: 'DELETE' });
    const text = `dead letter ${position} of grant ${grant} is dropped`;
    await terminal.out(options.json ? JSON.stringify({ dropped: Number(position) }) : text);
  }
}
