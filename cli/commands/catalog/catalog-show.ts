import type { Command } from 'commander';
import type { EntryVersion, NumberedItem } from '../../../proto/entry/entry.js';
import { apiOf, type ConnectionOptions, withConnection } from '../../connection-options.js';
import { table } from '../../table.js';
import type { Terminal } from '../../terminal.js';
import { titleText } from '../../title-text.js';

export function addCatalogShow(catalog: Command, terminal: Terminal): void {
  withConnection(catalog.command('show <entry>'))
    .summary('show an entry with its items; <entry>@<version> for an earlier version')
    .addHelpText('after', '\nExample:\n  $ sluice catalog show fujian-civil-affairs.birth@1')
    .action((entry: string, options: ConnectionOptions) => show(entry, options, terminal));
}

/** A protobuf definition is plain text; --json wraps it in an object. */
export function addCatalogProto(catalog: Command, terminal: Terminal): void {
  withConnection(catalog.command('proto <entry>'))
    .summary('print the protobuf definition of the data of an entry')
    .addHelpText('after', '\nExample:\n  $ sluice catalog proto fujian-civil-affairs.birth > birth.proto')
    .action(async (entry: string, options: ConnectionOptions) => {
      const text = await apiOf(options).text(`${pathOf(entry)}/event.proto`, { accept: 'text/plain' });
      await terminal.out(options.json ? JSON.stringify({ entry, proto: text }) : text.trimEnd());
    });
}

async function show(entry: string, options: ConnectionOptions, terminal: Terminal): Promise<void> {
  const version = await apiOf(options).json<EntryVersion>(pathOf(entry));
  if (options.json) return terminal.out(JSON.stringify(version));
  const { document } = version;
  await terminal.out(`${version.id}  version ${version.version}, published ${version.publishedAt}`);
  await terminal.out(`${titleText(document.name)}  (${document.sharingAttribute})`);
  if (document.abstract !== undefined) await terminal.out(titleText(document.abstract));
  await terminal.out('');
  const rows = version.items.map((item) => [
    String(item.number),
    item.name,
    typeOf(item),
    flagsOf(item),
    titleText(item.title),
  ]);
  for (const line of table(['NO', 'ITEM', 'TYPE', 'IS', 'TITLE'], rows)) await terminal.out(line);
}

const pathOf = (entry: string): string => `/v1/catalog/${encodeURIComponent(entry)}`;

const typeOf = (item: NumberedItem): string => (item.list ? `list of ${item.type}` : item.type);

function flagsOf(item: NumberedItem): string {
  const flags: [string, boolean][] = [
    ['identifier', item.identifier === true],
    ['required', item.required === true],
    ['filterable', item.filterable === true],
    ['sensitive', item.personal === 'sensitive'],
    ['personal', item.personal === 'personal' || item.personal === true],
  ];
  return flags
    .filter(([, holds]) => holds)
    .map(([name]) => name)
    .join(', ');
}
