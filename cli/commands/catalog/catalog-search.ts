import { type Command, Option } from 'commander';
import { SHARING_ATTRIBUTES, type SharingAttribute, type Title } from '../../../proto/entry/entry.js';
import { apiOf, type ConnectionOptions, withConnection } from '../../connection-options.js';
import { table } from '../../table.js';
import type { Terminal } from '../../terminal.js';
import { titleText } from '../../title-text.js';

interface SearchOptions extends ConnectionOptions {
  party?: string;
  attribute?: SharingAttribute;
}

interface Found {
  id: string;
  version: number;
  name?: Title | string;
  sharingAttribute: SharingAttribute;
}

export function addCatalogSearch(catalog: Command, terminal: Terminal): void {
  withConnection(catalog.command('search [words...]'))
    .summary('find entries in which all words occur')
    .option('--party <party>', 'only entries of this provider')
    .addOption(
      new Option('--attribute <attribute>', 'only entries with this sharing attribute').choices(SHARING_ATTRIBUTES),
    )
    .addHelpText('after', '\nExample:\n  $ sluice catalog search 出生 --attribute conditional')
    .action((words: string[], options: SearchOptions) => search(words, options, terminal));
}

async function search(words: string[], options: SearchOptions, terminal: Terminal): Promise<void> {
  const found: Found[] = [];
  const query = { q: words.join(' ') || undefined, party: options.party, attribute: options.attribute };
  for (let after: string | undefined, isFirst = true; isFirst || after !== undefined; isFirst = false) {
    const page = await apiOf(options).json<{ entries: Found[]; next?: string }>('/v1/catalog', {
      query: { ...query, after },
    });
    found.push(...page.entries);
    after = page.next;
  }
  if (options.json) return terminal.out(JSON.stringify(found));
  const rows = found.map((entry) => [entry.id, String(entry.version), entry.sharingAttribute, titleText(entry.name)]);
  for (const line of table(['ENTRY', 'VERSION', 'SHARING', 'NAME'], rows)) await terminal.out(line);
}
