import type { Command } from 'commander';
import { ProcedureClient } from '../../../client/procedure/procedure-client.js';
import { apiOf, type ConnectionOptions, withConnection } from '../../connection-options.js';
import { UsageError } from '../../exit-codes.js';
import type { Terminal } from '../../terminal.js';
import { readEntries } from './entry-files.js';

interface Draft {
  changed: boolean;
  warnings: string[];
}

export function addCatalogPut(catalog: Command, terminal: Terminal): void {
  withConnection(catalog.command('put <file>'))
    .summary('store the entries of a file as drafts')
    .addHelpText(
      'after',
      '\nExample:\n  $ sluice catalog put birth.yaml && sluice catalog publish fujian-civil-affairs.birth',
    )
    .action((file: string, options: ConnectionOptions) => put(file, options, terminal));
}

async function put(file: string, options: ConnectionOptions, terminal: Terminal): Promise<void> {
  for (const entry of await readEntries(file)) {
    const { id } = entry;
    if (typeof id !== 'string') throw new UsageError('an entry has no id');
    const client = new ProcedureClient(apiOf(options));
    const draft = (await client.putEntry({ ...entry, id })) as unknown as Draft;
    if (options.json) await terminal.out(JSON.stringify({ id, ...draft }));
    else await terminal.out(`${id}: ${draft.changed ? 'draft stored' : 'draft unchanged'}`);
    for (const warning of draft.warnings ?? []) terminal.err(`  warning: ${warning}`);
  }
}
