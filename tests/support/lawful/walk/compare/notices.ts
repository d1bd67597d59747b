import type { Body, LawfulClient } from '../../lawful-bus.js';
import type { ModelOfficer, World } from '../../model/world.js';
import type { FoundInList } from './difference.js';
import { without } from './multiset.js';
import { pages } from './pages.js';

/** Refused attempts are about officers, whom the model has no files of. */
const OF_REFUSAL = 'refused_attempt';

/** Notices to the department of an officer about files that the model still has, each once, and of refused attempts. */
export async function noticeDifferences(
  world: World,
  client: LawfulClient,
  officer: ModelOfficer,
): Promise<FoundInList[]> {
  const about = new Map<string, Record<'model' | 'repeated' | 'bus', string[]>>();
  const add = (side: 'model' | 'repeated' | 'bus', { kind, about: of, clock }: Body): void => {
    const key = kind === OF_REFUSAL ? OF_REFUSAL : of;
    if (kind !== OF_REFUSAL && !world.files.has(key)) return;
    const all = about.get(key) ?? { model: [], repeated: [], bus: [] };
    about.set(key, all);
    all[side].push([kind, clock].filter(Boolean).join(' '));
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
  return [...about].flatMap(([of, { model, repeated, bus }]) => {
    const missing = without(model, bus);
    const beyond = without(without(bus, model), repeated);
    if (missing.length === 0 && beyond.length === 0) return [];
    const found = [{ what: `notices to ${officer.party} of ${of}`, model: missing, bus: beyond }];
    return [{ file: world.files.get(of), found }];
  });
}
