import type { Command } from 'commander';
import type { EntryVersion } from '../../../proto/entry/entry.js';
import { apiOf, type ConnectionOptions, withConnection } from '../../connection-options.js';
import type { Terminal } from '../../terminal.js';

export function addCatalogPublish(catalog: Command, terminal: Terminal): void {
  withConnection(catalog.command('publish <entry>'))
    .summary('make the draft of an entry its next version')
    .addHelpText('after', '\nExample:\n  $ sluice catalog publish fujian-civil-affairs.birth')
    .action(async (entry: string, options: ConnectionOptions) => {
      const path = `/v1/catalog/${encodeURIComponent(entry)}/publish`;
      const version = await apiOf(options).json<EntryVersion>(path, { method: 'POST' });
      const text = `${version.id} is published as version ${version.version}`;
      await terminal.out(options.json ? JSON.stringify(version) : text);
    });
}
