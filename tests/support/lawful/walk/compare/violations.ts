import type { Body, LawfulClient } from '../../lawful-bus.js';
import { oversees } from '../../model/reading.js';
import type { ModelOfficer, World } from '../../model/world.js';
import type { FoundInList } from './difference.js';
import { pages } from './pages.js';
import { type Side, Tallies } from './tallies.js';

/** A missing backflow is found in the log of events, which the model has not. */
const FOUND_IN_LOG = 'P5';

/** Violations that an officer reads, about files that the model still has, each once. */
export async function violationDifferences(
  world: World,
  client: LawfulClient,
  officer: ModelOfficer,
): Promise<FoundInList[]> {
  const tallies = new Tallies();
  const add = (side: Side, file: string, { code, party, clock, act }: Body): void => {
    if (!world.files.has(file) || code === FOUND_IN_LOG) return;
    tallies.add(side, file, `${code} ${party} ${clock ?? act}`);
  };
  for (const one of world.violations) {
    if (!oversees(world, officer, one.party)) continue;
    add('model', `${one.kind}/${one.id}`, one);
    if (one.isSentTwice) add('repeated', `${one.kind}/${one.id}`, one);
  }
  for (const { document } of await pages(client, officer.id, 'violations', '&document=true')) {
    add('bus', `${document.about.kind}/${document.about.id}`, document);
  }
  return tallies.differences(world, () => `violations for ${officer.id}`);
}
