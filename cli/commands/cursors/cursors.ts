import { type Command, InvalidArgumentError } from 'commander';
import type { CursorList, MovedCursor } from '../../../proto/http/cursors.js';
import { isInstant } from '../../../proto/values/rfc3339.js';
import { apiOf, type ConnectionOptions, withConnection } from '../../connection-options.js';
import { table } from '../../table.js';
import type { Terminal } from '../../terminal.js';
import { sinceOf } from '../events/subscribe-options.js';

type ActOptions = ConnectionOptions & { reason: string };

export function addCursors(program: Command, terminal: Terminal): void {
  const cursors = program.command('cursors').summary('list, move or remove the cursors of a grant');
  withConnection(cursors.command('list <grant>'))
    .summary('list the cursors of a grant with their positions')
    .addHelpText('after', '\nExample:\n  $ sluice cursors list g-tax-licences')
    .action((grant: string, options: ConnectionOptions) => list(grant, options, terminal));
  withConnection(
    cursors
      .command('set')
      .argument('<grant>', 'id of the grant')
      .argument('<cursor>', 'name of the cursor')
      .argument('<position>', 'a position, earliest, latest, a time, or how long ago, like 1h', targetOf),
  )
    .summary('move a cursor; its live session ends with SUPERSEDED')
    .description(
      'Move a cursor. An act of the subscriber’s own system or officers, recorded on ' +
        'the ledger. Positions that are jumped over are recorded as skipped: neither delivered nor acknowledged. Moving back ' +
        'delivers events again, not further back than the history of the grant.',
    )
    .requiredOption('--reason <text>', 'why; it goes on the ledger')
    .addHelpText(
      'after',
      '\nExamples:\n  $ sluice cursors set g-tax-licences import 1204 --reason "bad batch of 12 May"' +
        '\n  $ sluice cursors set g-tax-licences import 2h --reason "replay the last two hours"',
    )
    .action((grant: string, cursor: string, to: number | string, options: ActOptions) =>
      set({ grant, cursor, to }, options, terminal),
    );
  withConnection(cursors.command('rm <grant> <cursor>'))
    .summary('remove a cursor; its live session ends with SUPERSEDED')
    .requiredOption('--reason <text>', 'why; it goes on the ledger')
    .addHelpText('after', '\nExample:\n  $ sluice cursors rm g-tax-licences import --reason "replaced by import-2"')
    .action((grant: string, cursor: string, options: ActOptions) => remove(grant, cursor, options, terminal));
}

const pathOf = (grant: string, cursor = ''): string =>
  `/v1/grants/${encodeURIComponent(grant)}/cursors${cursor === '' ? '' : `/${encodeURIComponent(cursor)}`}`;

async function list(grant: string, options: ConnectionOptions, terminal: Terminal): Promise<void> {
  const answer = await apiOf(options).json<CursorList>(pathOf(grant));
  if (options.json) return terminal.out(JSON.stringify(answer));
  const rows = answer.cursors.map(({ name, position, log, updatedAt, connected }) => [
    name,
    position === null ? '-' : String(position),
    log === answer.log ? 'current' : 'previous',
    updatedAt,
    connected ? 'yes' : 'no',
  ]);
  for (const line of table(['CURSOR', 'POSITION', 'LOG EPOCH', 'UPDATED', 'CONNECTED'], rows)) await terminal.out(line);
  if (rows.length === 0) terminal.err(`grant ${grant} has no cursor: nothing of it was ever acknowledged`);
  await terminal.out(`the log ends at position ${answer.end}`);
}

async function set(
  { grant, cursor, to: target }: { grant: string; cursor: string; to: number | string },
  options: ActOptions,
  terminal: Terminal,
): Promise<void> {
  const body = { to: target, reason: options.reason };
  const moved = await apiOf(options).json<MovedCursor>(pathOf(grant, cursor), { method: 'PUT', body });
  if (options.json) return terminal.out(JSON.stringify(moved));
  const { from, to, skipped } = moved;
  if (from === null) {
    await terminal.out(`cursor ${cursor} of grant ${grant} had no position; it is now at ${to}`);
    return noteOthers(grant, cursor, options, terminal);
  }
  const jumped = skipped === null ? '' : `; ${skipped.from} to ${skipped.through} are recorded as skipped`;
  await terminal.out(`cursor ${cursor} of grant ${grant} moved from ${from} to ${to}${jumped}`);
  // Whoever wanted to replay a stretch may not know that the cursor stood before it.
  if (skipped !== null)
    terminal.err(
      `sluice: to have them delivered after all: sluice cursors set ${grant} ${cursor} ${from} --reason "…"`,
    );
}

/** A mistyped name makes a cursor that nobody uses, while the one that was meant stays where it is. */
async function noteOthers(grant: string, cursor: string, options: ActOptions, terminal: Terminal): Promise<void> {
  const { cursors } = await apiOf(options).json<CursorList>(pathOf(grant));
  const others = cursors.map(({ name }) => name).filter((name) => name !== cursor);
  if (others.length > 0) terminal.err(`sluice: other cursors of grant ${grant}: ${others.join(', ')}`);
}

/** The argument of `sluice cursors set`, in the form that the bus takes. */
function targetOf(text: string): number | string {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  if (text === 'earliest' || text === 'latest' || isInstant(text)) return text;
  if (/^\d+[a-z]$/.test(text)) return sinceOf(text);
  throw new InvalidArgumentError(
    'It must be a position, earliest, latest, a date-time like 2026-11-22T08:30:00+08:00, or how long ago, like 1h.',
  );
}

async function remove(grant: string, cursor: string, options: ActOptions, terminal: Terminal): Promise<void> {
  const body = { reason: options.reason };
  await apiOf(options).json(pathOf(grant, cursor), { method: 'DELETE', body });
  await terminal.out(
    options.json ? JSON.stringify({ removed: cursor }) : `cursor ${cursor} of grant ${grant} is removed`,
  );
}
