import type { LawfulClient } from '../../lawful-bus.js';
import { plusDays } from '../../model/calendar.js';
import type { Kind, ModelFile } from '../../model/files.js';
import { reads, sidesOf } from '../../model/reading.js';
import type { ModelOfficer, World } from '../../model/world.js';
import type { FoundInList } from './difference.js';
import { pages } from './pages.js';

const KINDS: readonly Kind[] = ['applications', 'grants', 'cases', 'demands'];
/** Entries, grants and states that a comparison asks for, of each. */
const ASKED_MAX = 5;
const SOON_DAYS = 10;

/** A query of a list, and the files that it keeps. */
interface Filter {
  kind: Kind;
  query: string;
  keeps(file: ModelFile): boolean;
}

/** Lists that an officer narrows: by state, party, entry, what they are about, and clocks that are due. */
export async function filterDifferences(
  world: World,
  client: LawfulClient,
  officer: ModelOfficer,
): Promise<FoundInList[]> {
  const found: FoundInList[] = [];
  for (const { kind, query, keeps } of filtersOf(world)) {
    const shown = new Set((await pages(client, officer.id, kind, `&${query}`)).map(({ id }) => id));
    for (const file of world.of(kind)) {
      const [model, bus] = [keeps(file) && reads(world, officer, file), shown.has(file.id)];
      if (model !== bus) found.push({ file, found: [{ what: `${kind}?${query} for ${officer.id}`, model, bus }] });
    }
  }
  return found;
}

function* filtersOf(world: World): Generator<Filter> {
  const day = plusDays(world.today, SOON_DAYS);
  const isDue = ({ clocks }: ModelFile): boolean => clocks.some(({ state, due }) => state === 'running' && due < day);
  for (const kind of KINDS) {
    yield { kind, query: `due-before=${day}`, keeps: isDue };
    for (const party of world.parties.keys()) {
      yield { kind, query: `party=${party}`, keeps: (file) => sidesOf(world, file).includes(party) };
    }
    const states = new Set([...world.of(kind)].map(({ state }) => state));
    for (const state of [...states].slice(0, ASKED_MAX)) {
      yield { kind, query: `state=${state}`, keeps: (file) => file.state === state };
    }
  }
  for (const { id } of [...world.of('catalog')].slice(0, ASKED_MAX)) {
    const ofEntry = (file: ModelFile): boolean => 'entry' in file && file.entry === id;
    yield { kind: 'grants', query: `entry=${id}`, keeps: ofEntry };
  }
  for (const { grant } of [...world.of('cases')].slice(0, ASKED_MAX)) {
    yield { kind: 'cases', query: `about=${grant}`, keeps: (file) => 'grant' in file && file.grant === grant };
  }
}
