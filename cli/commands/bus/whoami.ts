import type { Command } from 'commander';
import type { Whoami } from '../../../proto/http/whoami.js';
import { apiOf, type ConnectionOptions, withConnection } from '../../connection-options.js';
import { table } from '../../table.js';
import type { Terminal } from '../../terminal.js';

export function addWhoami(program: Command, terminal: Terminal): void {
  withConnection(program.command('whoami'))
    .summary('show who the token belongs to and which bus answers')
    .addHelpText('after', '\nExample:\n  $ sluice whoami')
    .action(async (options: ConnectionOptions) => {
      const who = await apiOf(options).json<Whoami>('/v1/whoami');
      if (options.json) return terminal.out(JSON.stringify(who));
      const { kind, id, party, may, roles, mode, version } = who;
      const rows = [
        [kind, id],
        ['party', party],
        may ? ['may', may.join(', ')] : ['roles', (roles ?? []).join(', ')],
        ['bus', `${options.url}, version ${version}, ${mode} mode`],
      ];
      for (const line of table(['', ''], rows).slice(1)) await terminal.out(line);
    });
}
