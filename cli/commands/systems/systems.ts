import type { Command } from 'commander';
import type { ListedSystem } from '../../../proto/http/whoami.js';
import { apiOf, type ConnectionOptions, withConnection } from '../../connection-options.js';
import { table } from '../../table.js';
import type { Terminal } from '../../terminal.js';

export function addSystems(program: Command, terminal: Terminal): void {
  const systems = program.command('systems').summary('list systems, replace their tokens');
  withConnection(systems.command('list', { isDefault: true }))
    .summary('list the systems that the caller may see')
    .addHelpText('after', '\nExample:\n  $ sluice systems list')
    .action((options: ConnectionOptions) => list(options, terminal));
  withConnection(systems.command('renew-token').argument('<system>', 'id of the system'))
    .summary('replace the token of a system; the old one ends at once with its sessions')
    .option('--officer', 'the id is that of an officer')
    .addHelpText('after', '\nExample:\n  $ sluice systems renew-token clinic')
    .action((id: string, options: ConnectionOptions & { officer?: boolean }) => renewToken(id, options, terminal));
}

/** The token goes to standard output alone, so that it can be piped into a secret store. */
async function renewToken(
  id: string,
  options: ConnectionOptions & { officer?: boolean },
  terminal: Terminal,
): Promise<void> {
  const path = `/v1/${options.officer ? 'officers' : 'systems'}/${encodeURIComponent(id)}/renew-token`;
  const renewed = await apiOf(options).json<{ token: string }>(path, { method: 'POST' });
  await terminal.out(options.json ? JSON.stringify(renewed) : renewed.token);
}

async function list(options: ConnectionOptions, terminal: Terminal): Promise<void> {
  const { systems } = await apiOf(options).json<{ systems: ListedSystem[] }>('/v1/systems');
  if (options.json) return terminal.out(JSON.stringify(systems));
  const rows = systems.map(({ id, party, may, hasToken }) => [id, party, may.join(', '), hasToken ? 'yes' : 'no']);
  for (const line of table(['SYSTEM', 'PARTY', 'MAY', 'TOKEN'], rows)) await terminal.out(line);
}
