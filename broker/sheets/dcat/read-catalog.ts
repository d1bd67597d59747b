import { ROWS_MAX, UnusableFileError } from '../reading/table.js';
import { boundItems } from '../rows/sheet-entry.js';
import type { DcatFile } from './dcat-file.js';
import { type Graph, type Node, parseJsonLd } from './json-ld.js';
import { readDataset } from './read-dataset.js';

/** Reads a catalog of DCAT-AP. Throws UnusableFileError. */
export function readCatalog(bytes: Uint8Array): DcatFile {
  const graph = parseJsonLd(bytes);
  const datasets = datasetsOf(graph);
  if (!datasets) throw new UnusableFileError('the file has no dcat:Catalog and no dcat:Dataset');
  const file: DcatFile = { entries: [], loose: [] };
  let rows = 0;
  for (const [index, dataset] of datasets.entries()) {
    const entry = readDataset(graph, dataset, index + 1);
    // An item is what a row is in a sheet.
    rows += Math.max(1, entry.items?.length ?? 0);
    if (rows > ROWS_MAX) return { entries: [], loose: [], beyond: { row: index + 1, onItems: false } };
    boundItems(entry);
    file.entries.push(entry);
  }
  return file;
}

/** The datasets of catalogs in their order, then those that stand by themselves. Undefined: the file is about none. */
function datasetsOf(graph: Graph): Node[] | undefined {
  const catalogs = graph.roots.filter((one) => graph.isOf(one, 'dcat:Catalog') || graph.values(one, 'dcat:dataset'));
  const listed = catalogs.flatMap((one) => graph.values(one, 'dcat:dataset') ?? []);
  const alone = graph.roots.filter((one) => graph.isOf(one, 'dcat:Dataset'));
  if (catalogs.length === 0 && alone.length === 0 && !graph.isEmpty) return undefined;
  const seen = new Set<unknown>();
  return [...listed.map((one) => graph.node(one) ?? { '@id': one }), ...alone].filter((one) => {
    const key = one['@id'] ?? one;
    const isNew = !seen.has(key);
    seen.add(key);
    return isNew;
  });
}
