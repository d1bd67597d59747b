import type { Command } from 'commander';
import { ApiError } from '../../../client/errors.js';
import { splitEntryId } from '../../../proto/entry/entry.js';
import type { Problem } from '../../../proto/errors.js';
import type { ListedSystem } from '../../../proto/http/whoami.js';
import { apiOf, type ConnectionOptions, withConnection } from '../../connection-options.js';
import { CommandEnded, EXIT, UsageError } from '../../exit-codes.js';
import { table } from '../../table.js';
import type { Terminal } from '../../terminal.js';
import { countOf } from '../events/subscribe-options.js';

interface QuarantinedEvent {
  sequence: number;
  problem: Problem;
  event: { id?: string; op?: string; subject?: string };
  acceptedAt: string;
}

type ListOptions = ConnectionOptions & { limit: number; after?: number };

export function addQuarantine(program: Command, terminal: Terminal): void {
  const quarantine = program
    .command('quarantine')
    .summary('list and show the refused events of the calling system, kept for 30 days');
  withConnection(quarantine.command('list <entry>'))
    .summary('list refused events with the reason of each')
    .option('--after <number>', 'only those after this number', countOf)
    .option('--limit <count>', 'at most this many, up to 1,000', countOf, 100)
    .addHelpText('after', '\nExample:\n  $ sluice quarantine list fujian-civil-affairs.birth')
    .action((entry: string, options: ListOptions) => list(entry, options, terminal));
  withConnection(quarantine.command('show <entry> <number>'))
    .summary('print a refused event whole, to be repaired and published again')
    .addHelpText('after', '\nExample:\n  $ sluice quarantine show fujian-civil-affairs.birth 17')
    .action((entry: string, number: string, options: ConnectionOptions) => show(entry, number, options, terminal));
}

interface QuarantinePage {
  events: QuarantinedEvent[];
  more: boolean;
}

async function read(entry: string, after: number, limit: number, options: ConnectionOptions, terminal: Terminal) {
  const query = { entry, after, limit };
  try {
    return await apiOf(options).json<QuarantinePage>('/v1/quarantine', { query });
  } catch (error) {
    if (error instanceof ApiError && error.code === 'NOT_ALLOWED') await nameSources(entry, options, terminal);
    throw error;
  }
}

/** An operator may not read refused events, and has to call somebody who may. */
async function nameSources(entry: string, options: ConnectionOptions, terminal: Terminal): Promise<void> {
  const { party } = splitEntryId(entry);
  const { systems } = await apiOf(options)
    .json<{ systems: ListedSystem[] }>('/v1/systems')
    .catch(() => ({ systems: [] }));
  const names = systems.filter((one) => one.party === party && one.may.includes('publish')).map(({ id }) => id);
  if (names.length === 0) return;
  terminal.err(`refused events of ${entry} are shown to the system that sent them, of ${party}: ${names.join(', ')}`);
}

async function list(entry: string, options: ListOptions, terminal: Terminal): Promise<void> {
  const { events, more } = await read(entry, options.after ?? 0, options.limit, options, terminal);
  if (options.json) return terminal.out(JSON.stringify(events));
  if (events.length === 0) return terminal.out(`no refused events of entry ${entry}`);
  const rows = events.map(({ sequence, acceptedAt, event, problem }) => [
    String(sequence),
    acceptedAt,
    event.id ?? '',
    event.op ?? '',
    problem.code,
    problem.detail,
  ]);
  for (const line of table(['NUMBER', 'RECEIVED', 'EVENT', 'OP', 'CODE', 'REASON'], rows)) await terminal.out(line);
  if (more) terminal.err(`there may be more: --after ${events.at(-1)?.sequence}`);
}

async function show(entry: string, text: string, options: ConnectionOptions, terminal: Terminal): Promise<void> {
  if (!/^[1-9]\d{0,14}$/.test(text))
    throw new UsageError(`number must be one that "quarantine list" shows, not ${text}`);
  const number = Number(text);
  const {
    events: [event],
  } = await read(entry, number - 1, 1, options, terminal);
  if (event?.sequence !== number) {
    terminal.err(`sluice: entry ${entry} has no refused event ${number} of this system`);
    throw new CommandEnded(EXIT.REFUSED);
  }
  await terminal.out(options.json ? JSON.stringify(event) : JSON.stringify(event, undefined, 2));
}
