import type { Body, LawfulClient } from '../../lawful-bus.js';
import type { Kind, ModelFile } from '../../model/files.js';
import { reads, stateFor } from '../../model/reading.js';
import type { ModelOfficer, World } from '../../model/world.js';
import type { FoundInList } from './difference.js';
import { differences } from './files.js';
import { filterDifferences } from './filters.js';
import { impactDifferences } from './impacts.js';
import { noticeDifferences } from './notices.js';
import { pages } from './pages.js';
import { violationDifferences } from './violations.js';
import { worklistDifferences } from './worklists.js';

const LISTED: readonly Kind[] = [
  ...([
    'applications',
    'grants',
    'cases',
    'demands',
    'consents',
    'use-records',
    'backflows',
    'stops',
    'contracts',
  ] as const),
];
/** Each reading of their documents would be on record, and longer with each comparison: their files are read one by one at the end. */
const RECORDING: Kind = 'use-records';
const ENTRY_STATES = [
  ...(['draft', 'approved_internal', 'under_review', 'returned'] as const),
  ...(['published', 'update_due', 'updating', 'withdrawn'] as const),
];
/** One reader of each department, and one more of the competent one, which comes first and reads everything. */
export const READERS = ['guo', 'huang', 'faye', 'lin', 'wu', 'tan', 'fei'];
/** Officers of other roles, whose worklists differ. */
const WORKERS = ['fan', 'hua', 'chen', 'zhao', 'rui', 'su', 'xu', 'sun', 'tao', 'teng'];
const CAUGHT_UP_MS = Number(process.env.SLUICE_WALK_CAUGHT_UP_MS || 15_000);
const POLL_MS = 100;

export interface ListComparison {
  readers?: readonly string[] | undefined;
  /** Whether a file was made beside the walk, so that the model cannot have it. */
  isBeside?: ((file: Body) => boolean) | undefined;
}

/** Reads every list of a broker as each reader, and compares it with the model; differences once it has caught up. */
export async function compareLists(
  world: World,
  client: LawfulClient,
  { readers = READERS, isBeside = () => false }: ListComparison = {},
): Promise<FoundInList[]> {
  const found: FoundInList[] = [];
  for (const id of readers) {
    const officer = world.officers.get(id) as ModelOfficer;
    for (const kind of LISTED) {
      found.push(...(await eventuallyNone(() => listOf(world, client, { officer, kind, isBeside }))));
    }
    found.push(...(await eventuallyNone(() => catalogOf(world, client, officer))));
    found.push(...(await eventuallyNone(() => impactDifferences(world, client, officer))));
    found.push(...(await eventuallyNone(() => violationDifferences(world, client, officer))));
    found.push(...(await eventuallyNone(() => noticeDifferences(world, client, officer))));
  }
  const workers = readers === READERS ? [...READERS, ...WORKERS] : readers;
  for (const id of workers) {
    const officer = world.officers.get(id) as ModelOfficer;
    if (readers !== READERS) found.push(...(await eventuallyNone(() => filterDifferences(world, client, officer))));
    found.push(...(await eventuallyNone(() => worklistDifferences(world, client, officer))));
  }
  return found;
}

async function eventuallyNone(look: () => Promise<FoundInList[]>): Promise<FoundInList[]> {
  const giveUpAt = Date.now() + CAUGHT_UP_MS;
  for (;;) {
    const found = await look();
    if (found.length === 0 || Date.now() > giveUpAt) return found;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

const documentsOf = (kind: string): string => (kind === RECORDING ? '' : '&document=true');

interface ListReading {
  officer: ModelOfficer;
  kind: Kind;
  isBeside: (file: Body) => boolean;
}

async function listOf(
  world: World,
  client: LawfulClient,
  { officer, kind, isBeside }: ListReading,
): Promise<FoundInList[]> {
  const shown = new Map(
    (await pages(client, officer.id, kind, documentsOf(kind))).map((answer): [string, Body] => [answer.id, answer]),
  );
  const unheard = [...shown].filter(([id, file]) => !world.known.has(`${kind}/${id}`) && !isBeside(file));
  const more: FoundInList[] = unheard.map(([id]) => ({
    file: undefined,
    found: [{ what: kind, model: 'no file', bus: id }],
  }));
  const differing = [...world.of(kind)].flatMap((file) => {
    const answer = shown.get(file.id);
    const isRead = reads(world, officer, file);
    if (isRead !== (answer !== undefined)) return [{ file, found: [{ what: 'listed', model: isRead, bus: !isRead }] }];
    const found = answer ? differences(world, officer, file, answer) : [];
    return found.length > 0 ? [{ file, found }] : [];
  });
  return [...differing, ...more];
}

/** Files of entries, which are listed by the state that the officer is shown. */
async function catalogOf(world: World, client: LawfulClient, officer: ModelOfficer): Promise<FoundInList[]> {
  const states = new Map<string, string>();
  for (const state of ENTRY_STATES) {
    for (const { id } of await pages(client, officer.id, 'catalog', `&state=${state}`)) states.set(id, state);
  }
  return [...world.of('catalog')].flatMap((file) => {
    const [model, bus] = [
      reads(world, officer, file) ? stateFor(world, officer, file) : undefined,
      states.get(file.id),
    ];
    return model === bus ? [] : [{ file, found: [{ what: `catalog of ${officer.id}`, model, bus }] }];
  });
}

/** Every file that an officer of its own department reads, by itself: with history, and as entries stand in no list. */
export function* ownReadings(world: World): Generator<[ModelOfficer, ModelFile]> {
  const byParty = new Map([...world.officers.values()].map((officer) => [officer.party, officer]));
  for (const file of [...world.files.values()]) yield [byParty.get(file.own) as ModelOfficer, file];
}
