import type { Command } from 'commander';
import type { ListedSystem } from '../../../proto/http/whoami.js';
import { apiOf, type ConnectionOptions, withConnection } from '../../connection-options.js';
import { table } from '../../table.js';
import type { Terminal } from '../../terminal.js';

export function addSystems(program: Command, terminal: Terminal): void {
  const systems = program.command('systems').summary('list the systems that the caller may see');
  withConnection(systems.command('list', { isDefault: true }))
    .summary('list the systems that the caller may see')
    .addHelpText('after', '\nExample:\n  $ sluice systems list')
    .action((options: ConnectionOptions) => list(options, terminal));
}

async function list(options: ConnectionOptions, terminal: Terminal): Promise<void> {
  const { systems } = await apiOf(options).json<{ systems: ListedSystem[] }>('/v1/systems');
  if (options.json) return terminal.out(JSON.stringify(systems));
  const rows = systems.map(({ id, party, may, hasToken }) => [id, party, may.join(', '), hasToken ? 'yes' : 'no']);
  for (const line of table(['SYSTEM', 'PARTY', 'MAY', 'TOKEN'], rows)) await terminal.out(line);
}
