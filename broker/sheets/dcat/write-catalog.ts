import { splitEntryId } from '../../../proto/entry/entry.js';
import type { EntryFacts } from '../writing/cell-text.js';
import type { ExportedEntry } from '../writing/table-rows.js';
import { PREFIXES } from './vocabulary.js';
import { datasetOf } from './write-dataset.js';

/** Datasets that are written in one turn of the event loop. */
const DATASETS_PER_CHUNK = 20;

/** Prefixes, and that items have an order, which other programs keep by it. */
const CONTEXT = {
  ...PREFIXES,
  'csvw:column': { '@container': '@list' },
  'dcat:dataset': { '@container': '@set' },
};

/** Entries as a `dcat:Catalog` of a party, in compact JSON-LD. */
export async function* catalogFile(
  party: EntryFacts['party'],
  entries: readonly ExportedEntry[],
  partyOf: (id: string) => EntryFacts['party'],
): AsyncGenerator<Uint8Array> {
  const head = {
    '@context': CONTEXT,
    '@type': 'dcat:Catalog',
    'dct:title': { '@language': 'zh', '@value': party.zhName ?? party.id },
    'dct:publisher': { '@type': 'foaf:Agent', 'dct:identifier': party.id },
  };
  let text = `${JSON.stringify(head).slice(0, -1)},"dcat:dataset":[`;
  for (const [index, { entry, publishedOn }] of entries.entries()) {
    const facts = { party: partyOf(splitEntryId(entry.id).party), ...(publishedOn !== undefined && { publishedOn }) };
    text += `${index === 0 ? '' : ','}\n${JSON.stringify(datasetOf(entry, facts))}`;
    if ((index + 1) % DATASETS_PER_CHUNK > 0) continue;
    yield Buffer.from(text);
    text = '';
    await new Promise(setImmediate);
  }
  yield Buffer.from(`${text}\n]}\n`);
}
