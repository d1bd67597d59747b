import type { Body, LawfulClient } from '../../lawful-bus.js';
import type { ModelOfficer, World } from '../../model/world.js';
import type { FoundInList } from './difference.js';
import { pages } from './pages.js';
import { type Side, Tallies } from './tallies.js';

/** Refused attempts are about officers, whom the model has no files of. */
const OF_REFUSAL = 'refused_attempt';

/** Notices to the department of an officer about files that the model still has, each once, and of refused attempts. */
export async function noticeDifferences(
  world: World,
  client: LawfulClient,
  officer: ModelOfficer,
): Promise<FoundInList[]> {
  const tallies = new Tallies();
  const add = (side: Side, { kind, about, clock }: Body): void => {
    const key = kind === OF_REFUSAL ? OF_REFUSAL : about;
    if (kind !== OF_REFUSAL && !world.files.has(key)) return;
    tallies.add(side, key, [kind, clock].filter(Boolean).join(' '));
  };
  for (const notice of world.notices) {
    if (notice.to !== officer.party) continue;
    add('model', notice);
    if (notice.isSentTwice) add('repeated', notice);
  }
  for (const notice of await pages(client, officer.id, 'notices')) {
    const { kind, id } = notice.about ?? {};
    add('bus', { ...notice, about: `${kind}/${id}` });
  }
  return tallies.differences(world, (file) => `notices to ${officer.party} of ${file}`);
}
