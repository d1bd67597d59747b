import type { Body, LawfulClient } from '../../lawful-bus.js';
import type { ModelOfficer, World } from '../../model/world.js';
import type { FoundInList } from './difference.js';
import { without } from './multiset.js';
import { pages } from './pages.js';

/** A missing backflow is found in the log of events, which the model has not. */
const FOUND_IN_LOG = 'P5';

/** Violations that an officer reads, about files that the model still has, each once. */
export async function violationDifferences(
  world: World,
  client: LawfulClient,
  officer: ModelOfficer,
): Promise<FoundInList[]> {
  const about = new Map<string, Record<'model' | 'repeated' | 'bus', string[]>>();
  const add = (side: 'model' | 'repeated' | 'bus', file: string, { code, party, clock, act }: Body): void => {
    if (!world.files.has(file) || code === FOUND_IN_LOG) return;
    const all = about.get(file) ?? { model: [], repeated: [], bus: [] };
    about.set(file, all);
    all[side].push(`${code} ${party} ${clock ?? act}`);
  };
  for (const one of world.violations) {
    if (!isRead(world, officer, one.party)) continue;
    add('model', `${one.kind}/${one.id}`, one);
    if (one.isSentTwice) add('repeated', `${one.kind}/${one.id}`, one);
  }
  for (const { document } of await pages(client, officer.id, 'violations', '&document=true')) {
    add('bus', `${document.about.kind}/${document.about.id}`, document);
  }
  return [...about].flatMap(([file, { model, repeated, bus }]) => {
    const missing = without(model, bus);
    const beyond = without(without(bus, model), repeated);
    if (missing.length === 0 && beyond.length === 0) return [];
    const found = [{ what: `violations for ${officer.id}`, model: missing, bus: beyond }];
    return [{ file: world.files.get(file), found }];
  });
}

/** The violator reads them, and its competent department with the one above. */
function isRead(world: World, { party }: ModelOfficer, violator: string): boolean {
  const peer = world.peer(violator);
  return [violator, peer, world.superior(peer)].includes(party);
}
