import type { Body, LawfulClient } from '../../lawful-bus.js';
import type { EntryFile } from '../../model/files.js';
import { liveGrants } from '../../model/machines/catalog.js';
import { oversees, seesNewer } from '../../model/reading.js';
import type { ModelOfficer, World } from '../../model/world.js';
import type { FoundInList } from './difference.js';

/** Entries of which the impact is compared. */
const ENTRIES_MAX = 12;

/** Compares the items that the newer text of entries takes from live grants, which those who oversee the provider are shown. */
export async function impactDifferences(
  world: World,
  client: LawfulClient,
  officer: ModelOfficer,
): Promise<FoundInList[]> {
  const found: FoundInList[] = [];
  const published = [...world.of('catalog')].filter((file) => file.published && file.state !== 'withdrawn');
  for (const file of published.slice(-ENTRIES_MAX)) {
    const { status, body } = await client.as(officer.id, 'GET', `/v1/catalog/${file.id}/impact`);
    const model = oversees(world, officer, file.own) ? impactOf(world, officer, file) : 'refused';
    const bus = status === 200 ? shown(body) : 'refused';
    if (JSON.stringify(model) === JSON.stringify(bus)) continue;
    found.push({ file, found: [{ what: `impact for ${officer.id}`, model, bus }] });
  }
  return found;
}

/** Grants with the items that each loses, where the officer sees the newer text at all. */
function impactOf(world: World, officer: ModelOfficer, file: EntryFile): string[] {
  const before = file.published?.text.items ?? [];
  const after = seesNewer(world, officer, file) ? file.text.items : before;
  return liveGrants(world, file.id)
    .map(({ id, items }) => [id, ...items.filter((item) => before.includes(item) && !after.includes(item))].join(' '))
    .sort();
}

const shown = ({ grants }: Body): string[] =>
  grants.map(({ grant, loses }: Body) => [grant, ...loses].join(' ')).sort();
