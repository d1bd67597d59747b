import type { World } from '../engine/machine.js';
import { providerOf } from './entry-file.js';

export interface Overlap {
  itemCode: string;
  /** Item of the entry that was asked about. */
  item: string;
  /** Published entries of other departments with an item of that code. */
  entries: { entry: string; provider: string; item: string }[];
}

/** Reading the whole catalog is done in turns, so that others are answered meanwhile. */
const ENTRIES_PER_TURN = 200;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Items with the same code in published entries of other parties (R19). */
export async function overlapsOf(
  { catalog }: World,
  entry: string,
  items: readonly { name: string; itemCode?: string | undefined }[],
): Promise<Overlap[]> {
  const found = new Map<string, Overlap>();
  for (const { name, itemCode } of items) {
    if (itemCode !== undefined) found.set(itemCode, { itemCode, item: name, entries: [] });
  }
  if (found.size === 0) return [];
  const own = providerOf(entry);
  for (const [index, { id }] of catalog.list().entries()) {
    if (index % ENTRIES_PER_TURN === ENTRIES_PER_TURN - 1) await turn();
    const provider = providerOf(id);
    if (provider === own) continue;
    for (const { name, itemCode } of catalog.published(id)?.items ?? []) {
      found.get(itemCode ?? '')?.entries.push({ entry: id, provider, item: name });
    }
  }
  return [...found.values()].filter(({ entries }) => entries.length > 0);
}
