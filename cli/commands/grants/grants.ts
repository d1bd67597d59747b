import type { Command } from 'commander';
import type { GrantDocument } from '../../../proto/entry/grant.js';
import { apiOf, type ConnectionOptions, withConnection } from '../../connection-options.js';
import { table } from '../../table.js';
import type { Terminal } from '../../terminal.js';

const ACTS = { suspend: 'suspend', restore: 'restore', terminate: 'terminate for good' } as const;

export function addGrants(program: Command, terminal: Terminal): void {
  const grants = program.command('grants').summary('list grants; suspend, restore or terminate one');
  withConnection(grants.command('list', { isDefault: true }))
    .summary('list the grants that the caller may see')
    .addHelpText('after', '\nExample:\n  $ sluice grants list --json')
    .action((options: ConnectionOptions) => list(options, terminal));
  for (const [act, summary] of Object.entries(ACTS)) {
    withConnection(grants.command(act).argument('<grant>', 'id of the grant'))
      .summary(`${summary}; open subscriptions follow at once`)
      .requiredOption('--reason <text>', 'why; it goes on the ledger')
      .addHelpText('after', `\nExample:\n  $ sluice grants ${act} g-tax-licences --reason "case 2026-17"`)
      .action(async (grant: string, options: ConnectionOptions & { reason: string }) => {
        const path = `/v1/grants/${encodeURIComponent(grant)}/${act}`;
        const body = { reason: options.reason };
        const changed = await apiOf(options).json<GrantDocument>(path, { method: 'POST', body });
        await terminal.out(options.json ? JSON.stringify(changed) : `grant ${grant} is ${changed.status}`);
      });
  }
}

async function list(options: ConnectionOptions, terminal: Terminal): Promise<void> {
  const { grants } = await apiOf(options).json<{ grants: GrantDocument[] }>('/v1/grants');
  if (options.json) return terminal.out(JSON.stringify(grants));
  const rows = grants.map((grant) => [
    grant.id,
    grant.status ?? '',
    grant.system,
    grant.entry,
    `${grant.items.length}`,
    grant.rows === undefined ? 'all' : Object.keys(grant.rows).join(', '),
    grant.period.to,
  ]);
  for (const line of table(['GRANT', 'STATUS', 'SYSTEM', 'ENTRY', 'ITEMS', 'ROWS BY', 'UNTIL'], rows)) {
    await terminal.out(line);
  }
}
